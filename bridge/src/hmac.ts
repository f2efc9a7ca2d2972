import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** HMAC-SHA256 of the parts, one after the other, in lower-case hex. */
export function hmac(key: string, ...parts: readonly (string | Uint8Array)[]): string {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest('hex')
}

/** Whether two texts are equal, in a time that depends only on their lengths. */
export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** 128 random bits, as 32 lower-case hex characters. */
export function newNonce(): string {
  return randomBytes(16).toString('hex')
}
