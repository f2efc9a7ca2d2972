import type { SignalDataSet, SignalDataTypeMap } from 'baileys'
import { boundedCache } from '../bounded-cache.ts'
import { RECEIVED, type Session } from '../session/session.ts'

/**
 * The ids of recently received messages: a message that was committed and is repeated because its receipt was lost is
 * recognised, if at most {@link LIMIT} others have arrived since.
 */
export class Received {
  readonly #known = boundedCache(LIMIT)
  #next = 0

  constructor(session: Session) {
    const entries = [...session.file.entries(RECEIVED)].map(([, value]) => value as Entry)
    // The cache evicts the oldest entry.
    for (const { number, digest } of entries.sort((one, other) => one.number - other.number)) {
      this.#known.set(digest, true)
      this.#next = number + 1
    }
  }

  has(digest: string): boolean {
    return this.#known.get(digest) !== undefined
  }

  /** The changes to commit for a message; call `done` after the commit. */
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
