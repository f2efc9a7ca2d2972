// The recorded events, in order.

/** One event. */
export interface JournalEntry {
  /** 1, 2, 3, … */
  n: number
  /** Unix time in milliseconds. */
  t: number
  event: string
  [detail: string]: unknown
}

/** The ordered log of all relevant events, for tests to read and to wait on. */
export class Journal {
  private readonly entries: JournalEntry[] = []
  private readonly watchers = new Set<(entry: JournalEntry) => void>()

  /** Writes one entry. */
  note(event: string, details: Record<string, unknown> = {}): void {
    const entry = { n: this.entries.length + 1, t: Date.now(), event, ...details }
    this.entries.push(entry)
    for (const watcher of this.watchers) watcher(entry)
  }

  /** A change that has no entry: waiting conditions are evaluated again. */
  changed(): void {
    const last = this.entries.at(-1)
    if (last) for (const watcher of this.watchers) watcher(last)
  }

  /** The entries after number `n`. */
  after(n = 0): JournalEntry[] {
    return this.entries.slice(Math.max(0, n))
  }

  /** The number of the last entry: a position to wait from. */
  get last(): number {
    return this.entries.length
  }

  /** Waits for a matching entry after number `after`. */
  wait(fits: (entry: JournalEntry) => boolean, { after = 0, limitMs = 8000 } = {}): Promise<JournalEntry> {
    const found = this.after(after).find(fits)
    if (found) return Promise.resolve(found)
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        this.watchers.delete(watcher)
      }
      const watcher = (entry: JournalEntry) => {
        if (!fits(entry)) return
        end()
        resolve(entry)
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`nothing that fits ${fits} within ${limitMs} ms`))
      }, limitMs)
      timer.unref()
      this.watchers.add(watcher)
    })
  }
}
