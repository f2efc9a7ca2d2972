import type { Schemas } from '#shared/api/client'
import type { Choice } from './choice'

type Row = Schemas['InboxRow']
type Call = Schemas['CallItem']

/** Something that the user is notified of. */
export interface News {
  kind: 'message' | 'voicemail' | 'missed' | 'waits' | 'live'
  /** A later one about the same contact replaces the earlier. */
  tag: string
  href: string
  name: string
  number: string | null
  /** What was written, or left as a message. */
  words: string
}

/** What has been seen or reported: of each contact the newest activity, and the calls that were live. */
export class Seen {
  readonly #contacts = new Map<number, string>()
  readonly #calls = new Set<number>()
  /** The last activity of the last row, if there may be more below it: what was below was not seen, and is old nonetheless. */
  #below = Number.NEGATIVE_INFINITY
  readonly #mostRows: number

  /** `mostRows`: how many of those who wait are given at most, the newest activity first. */
  constructor(mostRows: number) {
    this.#mostRows = mostRows
  }

  /** What is new since the last time. All that is given counts as seen from then on, whether it is reported or not. */
  take(waiting: readonly Row[], live: readonly Call[]): News[] {
    const rows = waiting.filter(row => this.#isNewRow(row)).flatMap(row => newsOf(row) ?? [])
    const last = waiting.length < this.#mostRows ? undefined : waiting.at(-1)
    this.#below = last ? Date.parse(last.last_activity_at) : Number.NEGATIVE_INFINITY
    const calls = live.filter(({ id }) => !this.#calls.has(id))
    for (const { id } of calls) this.#calls.add(id)
    return [...calls.map(liveNews), ...rows]
  }

  #isNewRow({ contact_id, last, last_activity_at }: Row): boolean {
    const activity = last?.call ? `call ${last.call.id} ${last.call.outcome}` : `message ${last?.message?.id}`
    const known = this.#contacts.get(contact_id)
    // Each one that is handled lets one in from below.
    const isNew = known === undefined ? Date.parse(last_activity_at) > this.#below : known !== activity
    this.#contacts.set(contact_id, activity)
    return isNew
  }
}

/** The news of those kinds that this browser notifies of. */
export const wanted = (news: readonly News[], choice: Choice): News[] =>
  news.filter(({ kind }) => (kind === 'missed' ? choice.missed : kind === 'live' ? choice.live : choice.messages))

/** How the tag of what is about a contact begins. */
export const CONTACT = 'contact-'

/** The tag of what is about a contact: a later one takes its place. */
export const tagOf = ({ contact_id }: { contact_id: number | null }): string => `${CONTACT}${contact_id}`

function newsOf(row: Row): News | null {
  const { contact_id, contact_name, number, last } = row
  const about = {
    tag: tagOf(row),
    href: `/app/inbox/${contact_id}`,
    name: contact_name,
    number: number ?? null,
  }
  const { call, message } = last ?? {}
  if (call) {
    // While it lasts, the call itself is the news.
    if (call.outcome === 'live') return null
    const isMissed = call.direction === 'in' && (call.outcome === 'missed' || call.outcome === 'failed')
    const kind = isMissed ? 'missed' : call.outcome === 'message' ? 'voicemail' : 'waits'
    return { ...about, kind, href: `/app/calls/${call.id}`, words: call.message_text ?? '' }
  }
  // After an outgoing message, the contact waits because the agent handed the conversation over.
  return { ...about, kind: message?.direction === 'in' ? 'message' : 'waits', words: message?.text ?? '' }
}

const liveNews = ({ id, contact_id, contact_name, peer_number }: Call): News => ({
  kind: 'live',
  tag: tagOf({ contact_id }),
  href: `/app/calls/${id}`,
  name: contact_name,
  number: peer_number,
  words: '',
})
