import { BufferJSON } from 'baileys'
import { crc32 } from './crc32.ts'

/** One value that is set (or, as `null`, deleted): its table, its id within the table, and the value. */
export type Change = readonly [table: string, id: string, value: unknown]

/** A value as it is written: its change, and the JSON that represents it. */
export interface EncodedChange {
  readonly change: Change
  readonly json: string
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
