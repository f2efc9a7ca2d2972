import { readContact, readPhone } from '../address.ts'

/** The request is invalid. The error's message gives the client the reason. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest'
}

/** The values of `type` in `POST /send`. */
export const SEND_TYPES = ['text', 'image', 'audio', 'video', 'document'] as const
export type SendType = (typeof SEND_TYPES)[number]

export interface SendRequest {
  /** The recipient: digits of a phone number with its country code, or `…@lid`. */
  readonly to: string
  readonly type: SendType
  /** The text, or the caption. */
  readonly text: string
  readonly mediaUrl: string | undefined
  /** The idempotency key: requests with the same key send one message. */
  readonly key: string | undefined
  readonly quoted: Quoted | undefined
}

export interface Quoted {
  readonly id: string
  /** Whether this account wrote the quoted message. */
  readonly fromMe: boolean
  /** The text of the quoted message; empty for a file without a caption. */
  readonly text: string
}

/** Reads the body of `POST /send`. Throws {@link BadRequest}. */
export function readSendRequest(body: unknown): SendRequest {
  const fields = objectOf(body)
  const type = fields.type ?? 'text'
  const known = SEND_TYPES.find(one => one === type)
  if (!known) throw new BadRequest(`"type" must be one of ${SEND_TYPES.join(', ')}`)
  const text = textOf(fields, 'text') ?? ''
  const mediaUrl = textOf(fields, 'mediaUrl') ?? textOf(fields, 'media_url')
  const key = textOf(fields, 'idempotencyKey')
  if (key !== undefined && key.length > MAX_KEY) throw new BadRequest(`"idempotencyKey" is longer than ${MAX_KEY}`)
  if (text.length > MAX_TEXT) throw new BadRequest(`"text" is longer than ${MAX_TEXT} characters`)
  if (known === 'text' && text.trim() === '') throw new BadRequest('"text" is missing or empty')
  if (known === 'text' && mediaUrl) throw new BadRequest('a text has no "mediaUrl"; set "type" to what the file is')
  if (known !== 'text' && !mediaUrl) throw new BadRequest(`"mediaUrl" is missing: ${known} is a file`)
  if (known === 'audio' && text !== '')
    throw new BadRequest('WhatsApp has no caption for audio; send "text" on its own')
  return { to: recipient(fields), type: known, text, mediaUrl, key, quoted: quotedOf(fields.quoted) }
}

function quotedOf(value: unknown): Quoted | undefined {
  if (value === undefined || value === null) return undefined
  const fields = objectOf(value)
  const id = textOf(fields, 'id')
  if (id === undefined || id.length > MAX_KEY) throw new BadRequest('"quoted.id" must be the id of a message')
  return { id, fromMe: fields.fromMe === true, text: (textOf(fields, 'text') ?? '').slice(0, MAX_TEXT) }
}

/** Reads the body of `POST /pairing-code`: the digits of the phone's number. Throws {@link BadRequest}. */
export function readPairingRequest(body: unknown): string {
  const phone = textOf(objectOf(body), 'phone') ?? ''
  const digits = readPhone(phone)
  if (!digits) throw new BadRequest('"phone" must be a number with its country code, such as +972501234567')
  return digits
}

/**
 * Reads the body of `POST /forget`: digits of phone numbers, and addresses ending in `@lid`. Throws
 * {@link BadRequest}.
 */
export function readForgetRequest(body: unknown): readonly string[] {
  const addresses = (body as { addresses?: unknown } | null)?.addresses
  if (!Array.isArray(addresses) || addresses.length === 0 || addresses.length > MAX_ADDRESSES)
    throw new BadRequest(`"addresses" must be a list of 1 to ${MAX_ADDRESSES} addresses`)
  return addresses.map(address => {
    const contact = typeof address === 'string' && readContact(address)
    if (contact) return contact
    throw new BadRequest('an address is a number with its country code, such as 972501234567, or ends in @lid')
  })
}

function recipient(fields: Fields): string {
  const to = readContact(textOf(fields, 'to') ?? '')
  if (to) return to
  throw new BadRequest(
    '"to" must be a number with its country code, such as 972501234567, or an address ending in @lid',
  )
}

type Fields = Readonly<Record<string, unknown>>

function objectOf(body: unknown): Fields {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new BadRequest('the body is no JSON object')
  return body as Fields
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw new BadRequest(`"${name}" must be a text`)
  return value
}

/** WhatsApp's limit on a text, in UTF-16 units. */
const MAX_TEXT = 65_536
const MAX_KEY = 256
const MAX_ADDRESSES = 1000
