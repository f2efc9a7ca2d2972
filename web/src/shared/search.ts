import { IconMessage2, IconNote, IconPhone, IconUser } from '@tabler/icons-react'
import type { Schemas } from './api/client'
import { apiPages } from './api/query'
import type { IconGlyph } from './components/Icon'
import { registerChanges } from './events/changes'

export type SearchHit = Schemas['SearchHit']
type Kind = SearchHit['kind']

/** A range of a text, in UTF-16 units. */
export type Span = readonly [from: number, to: number]

export const MIN_SEARCH = 2

/** Contacts are searched separately. */
const WORDS = 'message,turn,call,note' satisfies `${Kind},${string}`

export const searchPages = (q: string, limit: number) => apiPages('/api/search', { query: { q, kinds: WORDS, limit } })

registerChanges({
  message_created: ['/api/search'],
  message_updated: ['/api/search'],
  message_deleted: ['/api/search'],
  call_ended: ['/api/search'],
  note_updated: ['/api/search'],
  contact_updated: ['/api/search'],
  contact_deleted: ['/api/search'],
})

export const HIT_ICONS: Record<Kind, IconGlyph> = {
  contact: IconUser,
  message: IconMessage2,
  turn: IconPhone,
  call: IconPhone,
  note: IconNote,
}

/** The maximum number of characters before the first match, so that one line shows it. The cut needs a space there. */
const LEAD = 24
const MARKS = /[\u200E\u200F\u202A-\u202E\u2066-\u2069\r\n\t]/g

/** Returns the text of a hit on one line, which begins shortly before the first match if a space allows the cut. */
export function snippetOf({ text, highlights }: Pick<SearchHit, 'text' | 'highlights'>): {
  text: string
  spans: Span[]
} {
  // Replaces each character by exactly one, so that the positions of the matches stay valid.
  const line = text.replace(MARKS, ' ')
  const first = highlights[0]?.[0] ?? 0
  const space = first > LEAD ? line.indexOf(' ', first - LEAD) : -1
  const cut = space >= 0 && space < first ? space + 1 : 0
  const lead = cut > 0 ? '…' : ''
  const by = lead.length - cut
  return {
    text: lead + line.slice(cut),
    spans: highlights.flatMap(([from = 0, to = 0]): Span[] => (from >= cut ? [[from + by, to + by]] : [])),
  }
}

/** Ignores case. */
export function matchOf(text: string, query: string): Span | undefined {
  const wanted = query.trim().toLowerCase()
  const at = text.toLowerCase().indexOf(wanted)
  return wanted && at >= 0 ? [at, at + wanted.length] : undefined
}

const LIKE_NUMBER = /^[\d\s()+-]{3,}$/

/** The form is filled with the query that found no contact. */
export const newContactHref = (words: string): string =>
  `/app/contacts?new=1&${LIKE_NUMBER.test(words) ? 'number' : 'name'}=${encodeURIComponent(words.trim())}`
