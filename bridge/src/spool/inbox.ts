import type { Change } from '../session/record.ts'
import { INBOX, type Session } from '../session/session.ts'
import type { WireEvent } from '../wire/event.ts'

export interface StanzaEntry {
  readonly stanza: Readonly<Record<string, string>>
  readonly plain: Uint8Array
}

/** An entry that waits for the daemon: a message, or an event that is already in the daemon's format. */
export type InboxEntry = StanzaEntry | { readonly event: WireEvent }

/** The part of an entry that is kept in memory: its lane. Entries of one lane are delivered in order. */
export interface InboxHead {
  readonly lane: string
}

/** Called with the id of each entry and its lane. `isNew` is false for entries from before the start. */
type Listener = (id: string, lane: string, isNew: boolean) => void

/** The entries that wait for the daemon, on disk, in order of arrival. */
export class Inbox {
  readonly #session: Session
  #next: number
  #listener: Listener = () => {}

  constructor(session: Session) {
    this.#session = session
    let last = 0
    for (const [id] of session.file.entries(INBOX)) last = Math.max(last, Number(id))
    this.#next = last + 1
  }

  /** Prepares a new entry, and returns the change to commit. Call {@link arrived} after the commit. */
  prepare(lane: string, entry: InboxEntry): { id: string; change: Change } {
    const id = String(this.#next++).padStart(12, '0')
    return { id, change: [INBOX, id, { head: { lane } satisfies InboxHead, entry }] }
  }

  /** Notifies the listener that an entry is on disk. */
  arrived(id: string, lane: string): void {
    this.#listener(id, lane, true)
  }

  /** Resolves when the entry is on disk. */
  async add(lane: string, entry: InboxEntry): Promise<void> {
    const { id, change } = this.prepare(lane, entry)
    await this.#session.file.commit([change])
    this.arrived(id, lane)
  }

  /** Calls `listener` for all waiting entries, and then for each new one. */
  listen(listener: Listener): void {
    this.#listener = listener
    const waiting = [...this.#session.file.entries(INBOX)].sort(([a], [b]) => (a < b ? -1 : 1))
    for (const [id, head] of waiting) listener(id, (head as InboxHead).lane, false)
  }

  async read(id: string): Promise<InboxEntry | undefined> {
    const value = (await this.#session.file.read(INBOX, id)) as { entry: InboxEntry } | undefined
    return value?.entry
  }

  async done(id: string): Promise<void> {
    await this.#session.file.commit([[INBOX, id, null]])
  }

  get length(): number {
    return this.#session.file.count(INBOX)
  }
}
