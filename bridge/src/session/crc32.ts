import * as zlib from 'node:zlib'

/** CRC-32 of bytes, as in zlib and PNG (ISO 3309). */
export const crc32: (bytes: Uint8Array) => number =
  'crc32' in zlib ? (zlib.crc32 as (bytes: Uint8Array) => number) : crc32ByTable

// Node 18 and early versions of Node 20 have no built-in CRC-32.
const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})

/** The same, without zlib. */
export function crc32ByTable(bytes: Uint8Array): number {
  let value = -1
  for (const byte of bytes) value = (TABLE[(value ^ byte) & 255] as number) ^ (value >>> 8)
  return ~value >>> 0
}
