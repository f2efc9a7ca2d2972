import { addDays, instantOf, wallTime } from '../format/dates'
import { dayAtEnd } from './due-day'
import { fromNowAtEnd } from './due-from-now'
import { timeAtEnd } from './due-time'

export interface NewTask {
  title: string
  due_date?: string
  due_at?: string
}

interface Reading {
  now: Date
  zone: string
  today: string
  needsWord: boolean
}

/** A day, a minute of a day, both, or an instant. */
interface Due {
  day?: string
  minute?: number
  at?: string
}

/** The longest due time before a task, in words: `on Friday at half past eight in the morning`. */
const MAX_LEADING = 9

/** With these words after it, a day at the start belongs to them: «יום ראשון של המבצע». */
const OF = /^(?:של|of)\s/i
/** The English names of days also describe what is after them: `Friday report`. */
const WEEKDAY = /^(?:sun|mon|tues|wednes|thurs|fri|satur)day\b/i

/**
 * Parses the due time at the end or at the start of a new task: «מחר», «מחר ב־10», «ביום שלישי», «ב־24.12», «בעוד
 * שבוע», `tomorrow at 10`. A time without a day is its next one after `now`. Without `needsWord`, for a field that
 * contains only the due time, «24.12» is a day too.
 */
export function readDue(text: string, now: Date, zone: string, { needsWord = true } = {}): NewTask {
  const reading = { now, zone, today: wallTime(now, zone).day, needsWord }
  const title = text.trim()
  const end = dueAtEnd(title, reading)
  const start = dueAtStart(title, reading)
  const from = start?.length ?? 0
  const until = end?.index ?? title.length
  const answer = (from: number, until: number, due: Due): NewTask | undefined => {
    const words = title.slice(from, until).trim()
    const when = words && dueOf(due, reading)
    return when ? { title: words, ...when } : undefined
  }
  const isPair =
    start &&
    end &&
    !start.at &&
    !end.at &&
    (start.day === undefined) !== (end.day === undefined) &&
    (start.minute === undefined) !== (end.minute === undefined)
  return (
    (isPair && answer(from, until, { ...start, ...end })) ||
    (end && answer(0, until, end)) ||
    (start && answer(from, title.length, start)) || { title }
  )
}

/** Parses a text that contains only a due time. Returns undefined for any other text. */
export function readDueAlone(text: string, now: Date, zone: string): Omit<NewTask, 'title'> | undefined {
  const { title, ...due } = readDue(`- ${text.trim()}`, now, zone, { needsWord: false })
  return title === '-' ? due : undefined
}

/** Returns undefined for a time that the clock change skips. */
function dueOf({ day, minute, at }: Due, { now, zone }: Reading): Omit<NewTask, 'title'> | undefined {
  if (at) return { due_at: at }
  if (minute === undefined) return day ? { due_date: day } : undefined
  const instant = day ? instantOf(day, minute, zone) : nextInstant(minute, now, zone)
  return instant ? { due_at: instant } : undefined
}

function dueAtEnd(title: string, { now, zone, today, needsWord }: Reading): (Due & { index: number }) | undefined {
  const day = dayAtEnd(title, today, needsWord)
  if (day) {
    // The time can stand before the day: «ב־10 מחר».
    const before = title.slice(0, day.index)
    const time = timeAtEnd(before)
    const hasTime = time && !time.isBare && before.slice(0, time.index).trim() !== ''
    if (hasTime && instantOf(day.day, time.minute, zone)) {
      return { index: time.index, day: day.day, minute: time.minute }
    }
    return day
  }
  const soon = fromNowAtEnd(title)
  if (soon) {
    const { index, count, unit } = soon
    const minutes = Math.round(now.getTime() / 60_000) + count * (unit === 'hour' ? 60 : 1)
    return { index, at: new Date(minutes * 60_000).toISOString() }
  }
  const time = timeAtEnd(title)
  if (!time) return undefined
  // The day can stand before the time: «מחר ב־10».
  const before = dayAtEnd(title.slice(0, time.index), today, needsWord)
  if (before) return { index: before.index, day: before.day, minute: time.minute }
  return time.isSure ? { index: time.index, minute: time.minute } : undefined
}

/** Finds the longest due time at the start of a title, and its length in UTF-16 units. */
function dueAtStart(title: string, reading: Reading): (Due & { length: number }) | undefined {
  const ends = [...title.matchAll(/[:,]?\s+/g)].slice(0, MAX_LEADING).reverse()
  for (const { index, 0: separator } of ends) {
    const words = title.slice(0, index)
    const rest = title.slice(index + separator.length)
    const due = dueAtEnd(`- ${words}`, reading)
    if (due?.index !== 1 || OF.test(rest) || isDue(rest, reading)) continue
    if (WEEKDAY.test(words) && separator.trim() === '') continue
    return { ...due, length: index + separator.length }
  }
  return undefined
}

/** Whether the text is a due time alone, also an ambiguous one. */
function isDue(text: string, reading: Reading): boolean {
  const words = `- ${text}`
  return dueAtEnd(words, reading)?.index === 1 || timeAtEnd(words)?.index === 1
}

/** Returns the next instant after `now` at a minute of the day; undefined if the clock change skips it. */
function nextInstant(minute: number, now: Date, zone: string): string | undefined {
  const { day: today } = wallTime(now, zone)
  const at = instantOf(today, minute, zone)
  return at && Date.parse(at) <= now.getTime() ? instantOf(addDays(today, 1), minute, zone) : at
}
