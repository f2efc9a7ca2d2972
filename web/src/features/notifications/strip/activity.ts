import type { Schemas } from '#shared/api/client'
import type { Choice } from './choice'

type Row = Schemas['InboxRow']
type Call = Schemas['CallItem']
type Ring = Schemas['PageRing']

export interface ActivityEvent {
  kind: 'message' | 'voicemail' | 'missed' | 'waits' | 'live' | 'asks'
  /** The tag of the notification. A later notification with the same tag replaces the earlier one. */
  tag: string
  href: string
  name: string
  number: string | null
  /** The text of the last message, in either direction, or of the voicemail; empty if there is none. */
  words: string
}

/** Remembers the events that were seen or reported: the newest activity of each contact, and the live calls. */
export class Seen {
  readonly #contacts = new Map<number, string>()
  readonly #calls = new Set<number>()
  /** The calls that ring, and the end of their ringing. */
  readonly #rings = new Set<string>()
  /**
   * The last activity of the last row, if more rows may follow. Contacts below that row are not fetched, but their
   * activity is old.
   */
  #below = Number.NEGATIVE_INFINITY
  readonly #maxRows: number

  /** `maxRows`: the maximum number of rows in a list of waiting contacts, newest activity first. */
  constructor(maxRows: number) {
    this.#maxRows = maxRows
  }

  /** Returns the events since the last `take`. All given rows count as seen from then on. */
  take(waiting: readonly Row[], live: readonly Call[], rings: readonly Ring[] = []): ActivityEvent[] {
    const rows = waiting.filter(row => this.#isNewRow(row)).flatMap(row => eventOf(row) ?? [])
    const last = waiting.length < this.#maxRows ? undefined : waiting.at(-1)
    this.#below = last ? Date.parse(last.last_activity_at) : Number.NEGATIVE_INFINITY
    const calls = live.filter(({ id }) => !this.#calls.has(id))
    for (const { id } of calls) this.#calls.add(id)
    const asks = rings.flatMap(ring => {
      const call = live.find(({ id }) => id === ring.call_id)
      const key = `${ring.call_id} ${ring.until}`
      if (!call || this.#rings.has(key)) return []
      this.#rings.add(key)
      return [asksEvent(call, ring)]
    })
    // One notification for each contact: the one that cannot wait.
    const isUrgent = ({ tag }: ActivityEvent) => asks.some(ask => ask.tag === tag)
    return [...asks, ...[...calls.map(liveEvent), ...rows].filter(event => !isUrgent(event))]
  }

  #isNewRow({ contact_id, last, last_activity_at }: Row): boolean {
    const activity = last?.call ? `call ${last.call.id} ${last.call.outcome}` : `message ${last?.message?.id}`
    const known = this.#contacts.get(contact_id)
    // When a contact above is handled, a contact from below enters the list: it is not new.
    const isNew = known === undefined ? Date.parse(last_activity_at) > this.#below : known !== activity
    this.#contacts.set(contact_id, activity)
    return isNew
  }
}

export const wanted = (events: readonly ActivityEvent[], choice: Choice): ActivityEvent[] =>
  events.filter(({ kind }) => {
    // A caller who asks for a person waits only for seconds.
    if (kind === 'asks') return true
    return kind === 'missed' ? choice.missed : kind === 'live' ? choice.live : choice.messages
  })

/** The prefix of tags for contacts. */
export const CONTACT = 'contact-'

/** Returns the tag for a contact. A later notification about the contact replaces the earlier one. */
export const tagOf = ({ contact_id }: { contact_id: number | null }): string => `${CONTACT}${contact_id}`

function eventOf(row: Row): ActivityEvent | null {
  const { contact_id, contact_name, number, last } = row
  const about = {
    tag: tagOf(row),
    href: `/app/inbox/${contact_id}`,
    name: contact_name,
    number: number ?? null,
  }
  const { call, message } = last ?? {}
  if (call) {
    // A live call is reported separately.
    if (call.outcome === 'live') return null
    const isMissed = call.direction === 'in' && (call.outcome === 'missed' || call.outcome === 'failed')
    const kind = isMissed ? 'missed' : call.outcome === 'message' ? 'voicemail' : 'waits'
    return { ...about, kind, href: `/app/calls/${call.id}`, words: call.message_text ?? '' }
  }
  // After an outgoing message, the contact waits because the agent handed the conversation over.
  return { ...about, kind: message?.direction === 'in' ? 'message' : 'waits', words: message?.text ?? '' }
}

/** The caller asks for a person. */
const asksEvent = (call: Call, { reason }: Ring): ActivityEvent => ({ ...liveEvent(call), kind: 'asks', words: reason })

const liveEvent = ({ id, contact_id, contact_name, peer_number }: Call): ActivityEvent => ({
  kind: 'live',
  tag: tagOf({ contact_id }),
  href: `/app/calls/${id}`,
  name: contact_name,
  number: peer_number,
  words: '',
})
