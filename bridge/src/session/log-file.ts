import { type FileHandle, open, rm } from 'node:fs/promises'
import { readLog } from './read-log.ts'
import {
  type Change,
  decodeLine,
  type EncodedChange,
  type Entry,
  encodeChange,
  encodeLine,
  type RecordPosition,
  type Written,
} from './record.ts'
import { cutOff, NotReplaced, writeAll, writeWhole } from './write-log.ts'

/** The session file or the archive of an entry could not be written or read, or the session file is closed. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
}

/**
 * A small key-value store in one append-only file.
 *
 * A commit is one line with a checksum. It is on disk (fdatasync) before its promise resolves; commits that wait for
 * the disk at the same time share one line. If a kill or a power failure leaves an incomplete record at the end, the
 * next start drops that record, because its commit was never confirmed. For tables that are listed as `cold`, only the
 * `head` of each value is in memory, so that a long backlog needs little memory. When more than half of a large file is
 * out of date, its current values are written to a new file, which replaces the old one by a rename.
 *
 * After a failed write the file accepts no more commits, because the values in memory may be ahead of the disk. The
 * owner then closes the file and opens it again.
 */
export class LogFile {
  readonly #path: string
  readonly #cold: ReadonlySet<string>
  readonly #tables = new Map<string, Map<string, Entry>>()
  #handle!: FileHandle
  #size = 0
  #compactAt = SMALLEST_COMPACTION
  #mustRewrite = false
  /** The total length of the current values, in bytes. */
  #live = 0
  #waiting: Waiting[] = []
  #flushing: Promise<void> | undefined
  #broken: Error | undefined
  /** Called once, right after the first failed write, before the promises of the waiting commits are rejected. */
  onBroken: (error: DiskError) => void = () => {}

  private constructor(path: string, cold: readonly string[]) {
    this.#path = path
    this.#cold = new Set(cold)
  }

  /**
   * Opens the file, or creates it. Throws {@link DamagedLog} if the file is not a file of the bridge, or is damaged
   * before its last record. Such a file stays unchanged: an unreadable file must never be treated as a missing one.
   */
  static async open(path: string, cold: readonly string[] = []): Promise<LogFile> {
    await rm(`${path}.new`, { force: true })
    const file = new LogFile(path, cold)
    const found = await readLog(path, (changes, position) => {
      for (const change of changes) file.#apply(encodeChange(change)).position = position
    })
    if (!found) {
      const { handle, size } = await writeWhole(path, [])
      file.#begin(handle, size)
      return file
    }
    const handle = await open(path, 'r+')
    if (found.good < found.whole) {
      // The invalid end contains no confirmed commit; it is archived for an analysis.
      await cutOff(handle, found, `${path}.cut-off`)
    }
    file.#begin(handle, found.good)
    return file
  }

  #begin(handle: FileHandle, size: number): void {
    this.#handle = handle
    this.#size = size
  }

  /** Returns a value; of a `cold` table only its `head`. */
  get(table: string, id: string): unknown {
    return this.#tables.get(table)?.get(id)?.value
  }

  /** Yields all values of a table (of `cold` tables their heads), in the order in which they were first set. */
  *entries(table: string): IterableIterator<[id: string, value: unknown]> {
    for (const [id, entry] of this.#tables.get(table) ?? []) yield [id, entry.value]
  }

  tables(): string[] {
    return [...this.#tables.keys()]
  }

  count(table: string): number {
    return this.#tables.get(table)?.size ?? 0
  }

  /** Reads the complete value of a `cold` table from disk; `undefined` if there is none. */
  async read(table: string, id: string): Promise<unknown> {
    const entry = this.#tables.get(table)?.get(id)
    while (entry && !entry.position && this.#flushing) await this.#flushing
    return entry?.position && this.#readAt(entry.position, table, id)
  }

  /**
   * Sets and deletes values in one commit. The new values are readable at once; the promise resolves when they are on
   * disk.
   */
  async commit(changes: readonly Change[]): Promise<void> {
    if (this.#broken) throw this.#broken
    // Serialises all changes before any is applied: a value that cannot be serialised rejects the whole commit.
    const encoded = changes.map(encodeChange)
    const written = encoded.map(change => ({ encoded: change, entry: this.#apply(change) }))
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ written, resolve, reject })
      this.#flushing ??= this.#flush()
    })
  }

  /**
   * Commits, and rewrites the file, so that it no longer contains deleted and replaced values. Resolves with false if
   * the rewrite failed; it is then retried after the next commit.
   */
  async commitAndRewrite(changes: readonly Change[]): Promise<boolean> {
    this.#mustRewrite = true
    await this.commit(changes)
    while (this.#flushing) await this.#flushing
    return !this.#mustRewrite
  }

  async close(): Promise<void> {
    this.#broken ??= new DiskError('the session file is closed')
    while (this.#flushing) await this.#flushing
    await this.#handle.close()
  }

  /** In bytes. */
  get size(): number {
    return this.#size
  }

  #apply({ change, bytes }: EncodedChange): Entry {
    const [name, id, value] = change
    const table = this.#tables.get(name) ?? new Map<string, Entry>()
    this.#tables.set(name, table)
    this.#live += bytes - (table.get(id)?.bytes ?? 0)
    const shown = this.#cold.has(name) ? (value as { head?: unknown } | null)?.head : value
    const entry: Entry = { value: shown, bytes, position: undefined }
    if (value === null || value === undefined) {
      table.delete(id)
      this.#live -= bytes
    } else {
      table.set(id, entry)
    }
    return entry
  }

  async #flush(): Promise<void> {
    // Waits one microtask, so that commits of the same moment share the line.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0)
      try {
        await this.#append(batch.flatMap(waiting => waiting.written))
        for (const waiting of batch) waiting.resolve()
        // Compacts only if memory is not ahead of the file: the new file must not contain half of a commit.
        const isLarge = this.#size > this.#compactAt && this.#size > 2 * this.#live
        if (this.#waiting.length === 0 && (isLarge || this.#mustRewrite)) await this.#compact()
      } catch (error) {
        this.#fail(error, batch)
      }
    }
    // No `await` may come between the check for waiting commits and this line; otherwise a commit in between would
    // never be written.
    this.#flushing = undefined
  }

  #fail(cause: unknown, batch: readonly Waiting[]): void {
    const error = new DiskError(cause instanceof Error ? cause.message : String(cause), { cause })
    if (!this.#broken) {
      this.#broken = error
      this.onBroken(error)
    }
    for (const waiting of [...batch, ...this.#waiting.splice(0)]) waiting.reject(error)
  }

  async #append(written: readonly Written[]): Promise<void> {
    const line = encodeLine(written.map(one => one.encoded))
    await writeAll(this.#handle, line, this.#size)
    await this.#handle.datasync()
    for (const { entry } of written) entry.position = { at: this.#size, length: line.length }
    this.#size += line.length
  }

  async #compact(): Promise<void> {
    // The values are captured synchronously: later commits are appended to the new file.
    const kept = [...this.#tables].flatMap(([table, entries]) =>
      [...entries].map(([id, entry]) => ({
        entry,
        position: entry.position as RecordPosition,
        encoded: this.#cold.has(table) ? undefined : encodeChange([table, id, entry.value]),
        table,
        id,
      })),
    )
    const changes = async function* (this: LogFile) {
      // Values of the same line are read together.
      let line: { at: number; changes: Change[] } | undefined
      for (const { entry, position, encoded, table, id } of kept) {
        if (!encoded && line?.at !== position.at) line = { at: position.at, changes: await this.#lineAt(position) }
        const value = encoded ? undefined : valueIn(line?.changes ?? [], table, id)
        yield { entry, encoded: encoded ?? encodeChange([table, id, value]) }
      }
    }
    let written: Awaited<ReturnType<typeof writeWhole>>
    try {
      written = await writeWhole(this.#path, changes.call(this))
    } catch (error) {
      if (!(error instanceof NotReplaced)) throw error
      // The old file is still valid. Unless a rewrite was requested, the next attempt waits until the file has grown.
      this.#compactAt = Math.ceil(this.#size * 1.25)
      return
    }
    const old = this.#handle
    this.#begin(written.handle, written.size)
    this.#compactAt = SMALLEST_COMPACTION
    this.#mustRewrite = false
    written.settle()
    await old.close()
  }

  async #readAt(position: RecordPosition, table: string, id: string): Promise<unknown> {
    return valueIn(await this.#lineAt(position), table, id)
  }

  async #lineAt({ at, length }: RecordPosition): Promise<Change[]> {
    const line = Buffer.alloc(length)
    await this.#handle.read(line, 0, length, at).catch(error => {
      throw new DiskError(error.message, { cause: error })
    })
    const changes = decodeLine(line.subarray(0, -1)) as Change[] | undefined
    if (!changes) throw new DiskError('a record cannot be read back')
    return changes
  }
}

/** Returns the last value that a line sets for this key. */
function valueIn(changes: readonly Change[], table: string, id: string): unknown {
  for (let i = changes.length - 1; i >= 0; i--) {
    const [of, its, value] = changes[i] as Change
    if (of === table && its === id) return value
  }
  throw new DiskError(`the record of ${table}/${id} cannot be read back`)
}

interface Waiting {
  readonly written: readonly Written[]
  resolve(): void
  reject(error: Error): void
}

/** The size below which a file is rewritten only on request, in bytes. */
const SMALLEST_COMPACTION = 4 << 20
