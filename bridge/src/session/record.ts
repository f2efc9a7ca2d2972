import * as zlib from 'node:zlib'
import { BufferJSON } from 'baileys'

/** One value that is set (or, as `null`, deleted): its table, its id within the table, and the value. */
export type Change = readonly [table: string, id: string, value: unknown]

/** A value as it is written: its change, and the JSON that represents it. */
export interface EncodedChange {
  readonly change: Change
  readonly json: string
}

/** The position of a line in the file, in bytes, with its line feed. */
export interface Place {
  readonly at: number
  readonly length: number
}

/** The part of a value in memory. `place` is its position on disk, once it is there. */
export interface Entry {
  readonly value: unknown
  readonly bytes: number
  place: Place | undefined
}

/** A value that is to be written, and its part in memory. */
export interface Written {
  readonly encoded: EncodedChange
  readonly entry: Entry
}

/** The length of the valid part of a file, and its total length, in bytes. */
export interface LogLength {
  readonly good: number
  readonly whole: number
}

/** The first record of a file identifies the format and its version. */
export const FORMAT = 'agentlocator-bridge-session'
export const VERSION = 1

export function encodeChange(change: Change): EncodedChange {
  return { change, json: JSON.stringify(change, BufferJSON.replacer) }
}

/**
 * One line for the file: eight hex digits of the CRC-32 of what follows, a space, JSON, a line feed. All changes of a
 * line become durable together, or none of them.
 */
export function encodeLine(changes: readonly EncodedChange[]): Buffer {
  return sealed(`[${changes.map(change => change.json).join(',')}]`)
}

/** The line that a file begins with. */
export function headerLine(): Buffer {
  return sealed(JSON.stringify({ format: FORMAT, version: VERSION }))
}

function sealed(json: string): Buffer {
  const body = Buffer.from(json)
  const check = crc32(body).toString(16).padStart(8, '0')
  return Buffer.concat([Buffer.from(`${check} `), body, Buffer.from('\n')])
}

/** The changes of a complete line; `undefined` if its checksum is wrong. `line` is without its line feed. */
export function decodeLine(line: Buffer): unknown {
  if (line.length < 10 || line[8] !== 0x20) return undefined
  const body = line.subarray(9)
  if (Number.parseInt(line.toString('latin1', 0, 8), 16) !== crc32(body)) return undefined
  return JSON.parse(body.toString('utf8'), BufferJSON.reviver)
}

/** CRC-32 of bytes, as in zlib and PNG (ISO 3309). */
const crc32: (bytes: Uint8Array) => number =
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
