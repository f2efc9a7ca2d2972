import type { SignalDataSet, SignalDataTypeMap } from 'baileys'
import { boundedCache } from '../bounded-cache.ts'
import { RECEIVED, type Session } from '../session/session.ts'

/**
 * The hashes of the last {@link LIMIT} received messages. WhatsApp sends a message again if its receipt was lost; the
 * hash detects that the message was already committed.
 */
export class Received {
  readonly #known = boundedCache(LIMIT)
  #next = 0

  constructor(session: Session) {
    const entries = [...session.file.entries(RECEIVED)].map(([, value]) => value as Entry)
    // Oldest first: the cache evicts the oldest entry.
    for (const { number, digest } of entries.sort((one, other) => one.number - other.number)) {
      this.#known.set(digest, true)
      this.#next = number + 1
    }
  }

  has(digest: string): boolean {
    return this.#known.get(digest) !== undefined
  }

  /** Returns the data to commit for a message. Call `done` after the commit. */
  prepare(digest: string): { readonly data: SignalDataSet; done(): void } {
    const entry: Entry = { number: this.#next++, digest }
    const slot = entry.number % LIMIT
    const data = { [RECEIVED as keyof SignalDataTypeMap]: { [slot]: entry } } as SignalDataSet
    return { data, done: () => void this.#known.set(digest, true) }
  }
}

interface Entry {
  readonly number: number
  readonly digest: string
}

const LIMIT = 8192
