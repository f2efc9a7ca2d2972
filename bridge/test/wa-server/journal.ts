// The log of the server's events, in order.

export interface JournalEntry {
  /** The number of the entry, from 1. */
  n: number
  /** Unix ms. */
  t: number
  event: string
  [detail: string]: unknown
}

export class Journal {
  private readonly entries: JournalEntry[] = []
  private readonly watchers = new Set<(entry: JournalEntry) => void>()

  note(event: string, details: Record<string, unknown> = {}): void {
    const entry = { n: this.entries.length + 1, t: Date.now(), event, ...details }
    this.entries.push(entry)
    for (const watcher of this.watchers) watcher(entry)
  }

  /** Signals a change without an entry, so that waiting conditions are evaluated again. */
  changed(): void {
    const last = this.entries.at(-1)
    if (last) for (const watcher of this.watchers) watcher(last)
  }

  after(n = 0): JournalEntry[] {
    return this.entries.slice(Math.max(0, n))
  }

  get last(): number {
    return this.entries.length
  }

  /** Returns the first matching entry after number `after`, and waits for it if necessary. Rejects after `limitMs`. */
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
