import { type FileHandle, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { encodeLine, headerLine, type LogLength, type RecordPosition, type Written } from './record.ts'

/** Writes all bytes at a position: a single write may be partial. */
export async function writeAll(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done)
    done += bytesWritten
  }
}

/** The new file did not replace the old one; the old file is unchanged. */
export class NotReplaced extends Error {
  override readonly name = 'NotReplaced'
}

/**
 * Writes a complete file and moves it to `path` atomically: readers see either the old file or the new one. `settle`
 * sets the entries' positions in the new file; the caller calls `settle` when it switches to that file. Throws
 * {@link NotReplaced}; after any other error the new file has replaced the old one, but perhaps not durably.
 */
export async function writeWhole(
  path: string,
  changes: Iterable<Written> | AsyncIterable<Written>,
): Promise<{ handle: FileHandle; size: number; settle(): void }> {
  const { handle, written } = await writeBeside(path, handle => writeLines(handle, changes))
  const { size, moved } = written
  try {
    await syncFolder(dirname(path))
  } catch (error) {
    await handle.close()
    throw error
  }
  const settle = () => {
    for (const [entry, position] of moved) entry.position = position
  }
  return { handle, size, settle }
}

/** Writes a small text file atomically. */
export async function writeText(path: string, text: string): Promise<void> {
  const { handle } = await writeBeside(path, handle => handle.writeFile(text))
  await handle.close()
  await syncFolder(dirname(path))
}

async function writeBeside<T>(
  path: string,
  write: (handle: FileHandle) => Promise<T>,
): Promise<{ handle: FileHandle; written: T }> {
  const beside = `${path}.new`
  let handle: FileHandle | undefined
  try {
    handle = await open(beside, 'w+', 0o600)
    const written = await write(handle)
    await handle.datasync()
    await rename(beside, path)
    return { handle, written }
  } catch (error) {
    await handle?.close().catch(() => undefined)
    await rm(beside, { force: true }).catch(() => undefined)
    throw new NotReplaced((error as Error).message, { cause: error })
  }
}

async function writeLines(handle: FileHandle, changes: Iterable<Written> | AsyncIterable<Written>) {
  const header = headerLine()
  await writeAll(handle, header, 0)
  let size = header.length
  const moved: [Written['entry'], RecordPosition][] = []
  let batch: Written[] = []
  let bytes = 0
  const put = async () => {
    if (batch.length === 0) return
    const line = encodeLine(batch.map(one => one.encoded))
    await writeAll(handle, line, size)
    for (const { entry } of batch) moved.push([entry, { at: size, length: line.length }])
    size += line.length
    batch = []
    bytes = 0
  }
  for await (const change of changes) {
    batch.push(change)
    bytes += change.encoded.bytes
    if (bytes >= LINE) await put()
  }
  await put()
  return { size, moved }
}

/**
 * Archives the invalid end of a file at `keptAt`, up to {@link LARGEST_CUT} bytes, and truncates the file, even if the
 * end could not be archived.
 */
export async function cutOff(handle: FileHandle, { good, whole }: LogLength, keptAt: string): Promise<void> {
  const end = Buffer.alloc(Math.min(whole - good, LARGEST_CUT))
  await handle.read(end, 0, end.length, good)
  await writeFile(keptAt, end, { mode: 0o600 }).catch(() => undefined)
  await handle.truncate(good)
}

/** Makes a rename within a folder durable, with fsync on the folder. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The approximate length of a line when a file is rewritten, in bytes. */
const LINE = 64 << 10
/** The largest part of an invalid end that is archived, in bytes. */
const LARGEST_CUT = 1 << 20
