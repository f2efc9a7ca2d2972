import { BadRequest } from './bad-request.ts'

/** Reads the body of `POST /forget`: digits of phone numbers, and addresses ending in `@lid`. Throws {@link BadRequest}. */
export function readForgetRequest(body: unknown): readonly string[] {
  const addresses = (body as { addresses?: unknown } | null)?.addresses
  if (!Array.isArray(addresses) || addresses.length === 0 || addresses.length > MOST)
    throw new BadRequest(`"addresses" must be a list of 1 to ${MOST} addresses`)
  return addresses.map(address => {
    if (typeof address === 'string' && /^([1-9]\d{6,14}|\d{5,20}@lid)$/.test(address)) return address
    throw new BadRequest('an address is a number with its country code, such as 972501234567, or ends in @lid')
  })
}

const MOST = 1000
