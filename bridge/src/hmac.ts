import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Returns the HMAC-SHA256 of the concatenated parts, in lower-case hex. */
export function hmac(key: string, ...parts: readonly (string | Uint8Array)[]): string {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest('hex')
}

/** Compares two texts in constant time (for a given length), so that the time reveals nothing about a secret. */
export function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Returns 128 random bits as 32 lower-case hex characters. */
export function newNonce(): string {
  return randomBytes(16).toString('hex')
}
