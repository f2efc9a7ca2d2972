import * as zlib from 'node:zlib'
import { BufferJSON } from 'baileys'

/** A change of one value; a `value` of `null` deletes it. */
export type Change = readonly [table: string, id: string, value: unknown]

/** `json` is the change as it is written, `bytes` the length of that JSON in UTF-8. */
export interface EncodedChange {
  readonly change: Change
  readonly json: string
  readonly bytes: number
}

/** A line's position in the file and its length with the line feed, in bytes. */
export interface RecordPosition {
  readonly at: number
  readonly length: number
}

/** The part of a value that is in memory. `position` is `undefined` until the value is written. */
export interface Entry {
  readonly value: unknown
  readonly bytes: number
  position: RecordPosition | undefined
}

export interface Written {
  readonly encoded: EncodedChange
  readonly entry: Entry
}

/** The length of the valid part of a file, and the total length, in bytes. */
export interface LogLength {
  readonly good: number
  readonly whole: number
}

/** The first record of a file identifies the format and its version. */
export const FORMAT = 'agentlocator-bridge-session'
export const VERSION = 1

export function encodeChange(change: Change): EncodedChange {
  const json = JSON.stringify(change, BufferJSON.replacer)
  return { change, json, bytes: Buffer.byteLength(json) }
}

/**
 * Encodes one line of the file: eight hex digits of the CRC-32 of the JSON, a space, the JSON, a line feed. The changes
 * of a line become durable together or not at all.
 */
export function encodeLine(changes: readonly EncodedChange[]): Buffer {
  return sealed(`[${changes.map(change => change.json).join(',')}]`)
}

export function headerLine(): Buffer {
  return sealed(JSON.stringify({ format: FORMAT, version: VERSION }))
}

function sealed(json: string): Buffer {
  const body = Buffer.from(json)
  const check = crc32(body).toString(16).padStart(8, '0')
  return Buffer.concat([Buffer.from(`${check} `), body, Buffer.from('\n')])
}

/** Decodes a line, given without its line feed; returns `undefined` if its checksum is wrong or missing. */
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

export function crc32ByTable(bytes: Uint8Array): number {
  let value = -1
  for (const byte of bytes) value = (TABLE[(value ^ byte) & 255] as number) ^ (value >>> 8)
  return ~value >>> 0
}
