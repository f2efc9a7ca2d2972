import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { type Change, decodeLine, FORMAT, type LogLength, type RecordPosition, VERSION } from './record.ts'

/**
 * The file exists, but is not an intact session file of this version of the bridge. The bridge does not change its
 * content.
 */
export class DamagedLog extends Error {
  override readonly name = 'DamagedLog'
}

/**
 * Reads a file record by record; returns `undefined` if the file does not exist. An incomplete record, or one
 * with a wrong checksum, is ignored if no record follows it: it was being written when the process ended (a commit is
 * one line). Any other invalid content throws {@link DamagedLog}.
 */
export async function readLog(
  path: string,
  onRecord: (changes: readonly Change[], position: RecordPosition) => void,
): Promise<LogLength | undefined> {
  const whole = await lengthOf(path)
  if (whole === undefined) return undefined
  let good = 0
  let isTorn = false
  for await (const { line, at } of lines(path)) {
    const found = decodeLine(line)
    if (isTorn && (found !== undefined || looksLikeRecord(line))) {
      throw new DamagedLog(`${path} is damaged after byte ${good}`)
    }
    if (found === undefined) {
      isTorn = true
      continue
    }
    if (at === 0) checkHeader(path, found)
    else onRecord(found as Change[], { at, length: line.length + 1 })
    good = at + line.length + 1
  }
  if (good === 0) throw new DamagedLog(`${path} is no session file of the bridge, or was emptied`)
  return { good, whole }
}

/** Returns whether a line begins like a record, even if the rest of the line is damaged. */
function looksLikeRecord(line: Buffer): boolean {
  return /^[0-9a-f]{8} [[{]/.test(line.toString('latin1', 0, 10))
}

function checkHeader(path: string, found: unknown): void {
  const { format, version } = (found ?? {}) as { format?: unknown; version?: unknown }
  if (format !== FORMAT) throw new DamagedLog(`${path} is no session file of the bridge`)
  if (version !== VERSION) {
    throw new DamagedLog(
      `${path} was written by another version of the bridge (its format is ${version}, not ${VERSION})`,
    )
  }
}

async function lengthOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Yields the lines of a file without their line feeds. A last line without a line feed is yielded as an empty one. */
async function* lines(path: string): AsyncGenerator<{ line: Buffer; at: number }> {
  let rest: Buffer[] = []
  let at = 0
  let length = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, end)])
      yield { line, at }
      at += line.length + 1
      rest = []
      length = 0
      from = end + 1
    }
    rest.push(chunk.subarray(from))
    length += chunk.length - from
    if (length > MAX_LINE)
      throw new DamagedLog(`${path} is no session file of the bridge: a line is longer than ${MAX_LINE} bytes`)
  }
  // A line without its line feed is incomplete, even if its checksum is right.
  if (length > 0) yield { line: Buffer.alloc(0), at }
}

/** The maximum length of a line of a session file, in bytes. */
const MAX_LINE = 256 << 20
