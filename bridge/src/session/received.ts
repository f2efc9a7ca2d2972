import type { SignalDataSet, SignalDataTypeMap } from 'baileys'
import { RECEIVED, type Session } from './session.ts'

/**
 * Which messages were received lately: whatever was committed and then comes again, because the receipt for it was lost, is
 * known, if no more than {@link LIMIT} others have come since.
 */
export class Received {
  readonly #slots: (string | undefined)[] = []
  readonly #known = new Set<string>()
  #next = 0

  constructor(session: Session) {
    let newest = -1
    for (const [slot, value] of session.file.entries(RECEIVED)) {
      const { number, digest } = value as Entry
      this.#slots[Number(slot)] = digest
      this.#known.add(digest)
      newest = Math.max(newest, number)
    }
    this.#next = newest + 1
  }

  has(digest: string): boolean {
    return this.#known.has(digest)
  }

  /** What is to be committed for a message; `done` when it was. */
  prepare(digest: string): { readonly data: SignalDataSet; done(): void } {
    const number = this.#next++
    const slot = number % LIMIT
    const entry: Entry = { number, digest }
    const done = () => {
      const former = this.#slots[slot]
      if (former !== undefined) this.#known.delete(former)
      this.#slots[slot] = digest
      this.#known.add(digest)
    }
    return { data: { [RECEIVED as keyof SignalDataTypeMap]: { [slot]: entry } } as SignalDataSet, done }
  }
}

interface Entry {
  readonly number: number
  readonly digest: string
}

const LIMIT = 8192
