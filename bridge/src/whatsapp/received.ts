import type { SignalDataSet, SignalDataTypeMap } from 'baileys'
import { RECEIVED, type Session } from '../session/session.ts'
import { boundedCache } from './socket.ts'

/**
 * Which messages were received lately: whatever was committed and then comes again, because the receipt for it was lost, is
 * known, if no more than {@link LIMIT} others have come since.
 */
export class Received {
  readonly #known = boundedCache(LIMIT)
  #next = 0

  constructor(session: Session) {
    const entries = [...session.file.entries(RECEIVED)].map(([, value]) => value as Entry)
    // The cache forgets what was put in first.
    for (const { number, digest } of entries.sort((one, other) => one.number - other.number)) {
      this.#known.set(digest, true)
      this.#next = number + 1
    }
  }

  has(digest: string): boolean {
    return this.#known.get(digest) !== undefined
  }

  /** What is to be committed for a message; `done` when it was. */
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
