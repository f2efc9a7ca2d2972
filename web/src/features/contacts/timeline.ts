import type { Message, Note, TimelineItem } from './api'

/** A line of the timeline: an item, or a group of consecutive messages of one side. */
export interface Entry {
  item: TimelineItem
  /** The number of consecutive messages in the group, including `item`; 1 for other items. */
  count: number
}

export interface Day {
  day: string
  entries: Entry[]
}

/** Messages of one side within this time are grouped, in ms. */
const TOGETHER_MS = 30 * 60_000

const side = (message: Message | null | undefined) => `${message?.direction} ${message?.author ?? ''}`

/** The days and entries are sorted newest first; `dayOf` returns the day of a time. */
export function daysOf(items: readonly TimelineItem[], dayOf: (at: string) => string): Day[] {
  const shown = items.toSorted((a, b) => b.at.localeCompare(a.at))
  const days: Day[] = []
  for (const item of shown) {
    const day = dayOf(item.at)
    let current = days.at(-1)
    if (current?.day !== day) {
      current = { day, entries: [] }
      days.push(current)
    }
    const last = current.entries.at(-1)
    const isTogether =
      last?.item.kind === 'message' &&
      item.kind === 'message' &&
      side(last.item.message) === side(item.message) &&
      Date.parse(last.item.at) - Date.parse(item.at) < TOGETHER_MS
    if (last && isTogether) last.count += 1
    else current.entries.push({ item, count: 1 })
  }
  return days
}

export const keyOf = ({
  kind,
  at,
  message,
  call,
  note,
  task,
  appointment,
  moved,
  merge,
  change,
}: TimelineItem): string => {
  const move = kind === 'appointment_moved' ? moved?.id : null
  return `${kind} ${message?.id ?? call?.id ?? note?.id ?? task?.id ?? move ?? appointment?.id ?? merge?.merge_id ?? change?.id ?? at}`
}

/** The notes of the timeline that are being edited. */
export interface NoteEdits {
  isEdited: (note: Note) => boolean
  /** Returns true if another user has deleted the note. */
  isGone: (note: Note) => boolean
  edit: (note: Note, item: TimelineItem) => void
  close: (note: Note) => void
}

export function withoutShown(
  edited: ReadonlyMap<number, TimelineItem>,
  items: readonly TimelineItem[],
): readonly TimelineItem[] {
  const shown = new Set(items.flatMap(({ note }) => note?.id ?? []))
  return [...edited].flatMap(([id, item]) => (shown.has(id) ? [] : item))
}
