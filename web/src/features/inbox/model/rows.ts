import { fromDevice } from '#shared/format/clock'
import type { MessageItem, TimelineItem } from '../api'
import type { Outgoing } from '../outbox'
import { keyOf } from './pages'

export type Row =
  | { type: 'day'; key: string; at: string }
  | { type: 'fresh'; key: string; count: number }
  | { type: 'item'; key: string; item: TimelineItem; isNext: boolean; isLast: boolean }
  | { type: 'outgoing'; key: string; entry: Outgoing }

/** Messages of one side within this time are grouped, in ms. */
const GROUP_MS = 5 * 60_000

export const sideOf = ({ direction, author }: Pick<MessageItem, 'direction' | 'author'>): 'them' | 'agent' | 'us' =>
  direction === 'in' ? 'them' : author === 'agent' ? 'agent' : 'us'

/** Returns the newest outgoing message whose author is not the user `own`; null if there is none. */
export function newestAnswer(items: readonly TimelineItem[], own: number | undefined): MessageItem | null {
  const isAnswer = ({ message }: TimelineItem) => message?.direction === 'out' && message.author !== `user:${own}`
  return items.findLast(isAnswer)?.message ?? null
}

interface Input {
  items: readonly TimelineItem[]
  /** Whether there are entries before `items`. */
  hasOlder: boolean
  outgoing: readonly Outgoing[]
  /** How many of the newest entries from the contact were unread when the conversation was opened. */
  unread: number
  /** The time of the newest entry at that moment; later entries do not count. Null if the timeline was empty. */
  unreadUntil: string | null
  /** The day in the business's time zone. */
  dayOf: (at: string) => string
}

const isFromContact = ({ message, call }: TimelineItem) => message?.direction === 'in' || call?.direction === 'in'

/** Returns the index of the first unread entry, or -1. */
export function firstUnread(items: readonly TimelineItem[], unread: number, until: string | null): number {
  let left = unread
  if (left <= 0) return -1
  let found = -1
  for (let at = items.length - 1; at >= 0 && left > 0; at--) {
    const item = items[at]
    if (!item || (until !== null && item.at > until) || !isFromContact(item)) continue
    found = at
    left--
  }
  return found
}

export function rowsOf({ items, hasOlder, outgoing, unread, unreadUntil, dayOf }: Input): Row[] {
  const rows: Row[] = []
  const fresh = firstUnread(items, unread, unreadUntil)
  let day = ''
  let previous: MessageItem | undefined
  items.forEach((item, index) => {
    const itsDay = dayOf(item.at)
    if (itsDay !== day) {
      // Earlier entries of the first day would move its line, and the list would scroll with it.
      if (index > 0 || !hasOlder) rows.push({ type: 'day', key: `day-${itsDay}`, at: item.at })
      day = itsDay
      previous = undefined
    }
    if (index === fresh) {
      rows.push({ type: 'fresh', key: 'fresh', count: unread })
      previous = undefined
    }
    const message = item.message ?? undefined
    const isNext = previous !== undefined && message !== undefined && joins(previous, message)
    const before = rows.at(-1)
    if (isNext && before?.type === 'item' && isQuiet(previous, message)) before.isLast = false
    rows.push({ type: 'item', key: keyOf(item), item, isNext, isLast: true })
    previous = message
  })
  const shown = new Set(items.map(keyOf))
  for (const entry of outgoing) {
    const key = entry.messageId === undefined ? `out-${entry.key}` : `message-${entry.messageId}`
    if (shown.has(key)) continue
    const at = fromDevice(entry.at).toISOString()
    const itsDay = dayOf(at)
    if (itsDay !== day) {
      rows.push({ type: 'day', key: `day-${itsDay}`, at })
      day = itsDay
    }
    rows.push({ type: 'outgoing', key, entry })
  }
  return rows
}

function joins(a: MessageItem, b: MessageItem): boolean {
  return sideOf(a) === sideOf(b) && Date.parse(b.created_at) - Date.parse(a.created_at) < GROUP_MS
}

/** Whether the time of `a` is not shown: `a` is a plain message of the contact in the same minute as `b`. */
function isQuiet(a: MessageItem | undefined, b: MessageItem | undefined): boolean {
  if (!a || !b || a.direction === 'out' || a.edits.length > 0 || a.deleted_at || a.files.length > 0) return false
  return a.created_at.slice(0, 16) === b.created_at.slice(0, 16)
}
