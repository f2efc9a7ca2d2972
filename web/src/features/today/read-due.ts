import { addDays, instantOf, isDay, wallTime, weekdayOf } from '#shared/format/dates'

export interface NewTask {
  title: string
  due_date?: string
  due_at?: string
}

/** An hour before this one, without minutes or a part of the day, is in the afternoon: «ב־3» is 15:00. */
const AFTERNOON_BEFORE = 7

const DAYS = ["ראשון|א[׳']", "שני|ב[׳']", "שלישי|ג[׳']", "רביעי|ד[׳']", "חמישי|ה[׳']", "שישי|ו[׳']", 'שבת']
const ENGLISH_DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

const DATE =
  /[\s,]+((?:ב|ל|עד\s+[לה])[־-]?|(?:ביום|עד|on|by|until|till|before|due)\s+)?(\d{1,2})[./](\d{1,2})(?:[./](\d{4}|\d{2}))?$/i

interface Found {
  index: number
}

/** Finds a day at the end of a text: «היום», «מחר», «ביום שלישי», «ב־24.12», `by 24.12`, `on Monday`. */
function dayAtEnd(words: string, today: string, needsWord: boolean): (Found & { day: string }) | undefined {
  const names: [RegExp, number][] = [
    [/[\s,]+(?:ל|ב)?היום$|[\s,]+today$/i, 0],
    [/[\s,]+(?:ל|ב)?מחר$|[\s,]+tomorrow$/i, 1],
    [/[\s,]+(?:ל|ב)?מחרתיים$/, 2],
    ...DAYS.map((name, weekday): [RegExp, number] => [
      new RegExp(`[\\s,]+(?:ביום|יום|ב)[\\s־-]*(?:${name})$|[\\s,]+(?:on\\s+)?${ENGLISH_DAYS[weekday]}$`, 'i'),
      // The name of today's weekday means the same day of the next week.
      ((weekday - weekdayOf(today) + 6) % 7) + 1,
    ]),
  ]
  for (const [pattern, count] of names) {
    const found = pattern.exec(words)
    if (found) return { index: found.index, day: addDays(today, count) }
  }
  const [found, word, dayOfMonth, month, written] = DATE.exec(words) ?? []
  if (found === undefined) return undefined
  // Without a word before it, «צבע 7.1» or «מדף 3/4» is a quantity.
  if (needsWord && !word && written?.length !== 4) return undefined
  const two = (part: string | undefined) => (part ?? '').padStart(2, '0')
  const thisYear = Number(today.slice(0, 4))
  const years = written ? [Number(written.padStart(4, '20'))] : [thisYear, thisYear + 1]
  const day = years.map(year => `${year}-${two(month)}-${two(dayOfMonth)}`).find(day => isDay(day) && day >= today)
  return day ? { index: words.length - found.length, day } : undefined
}

/**
 * Finds a time at the end of a text: «ב־10», «בשעה 9:30», `at 10`. An hour such as «ב־10» is ambiguous, so it counts as
 * a time only beside a day.
 */
function timeAtEnd(words: string): (Found & { minute: number; isSure: boolean }) | undefined {
  const found = /[\s,]+(בשעה\s+|at\s+|ב[־-]?)(\d{1,2})(?::([0-5]\d))?(?:\s*(בבוקר|בערב|אחר הצהריים|am|pm))?$/i.exec(
    words,
  )
  if (!found) return undefined
  const part = found[4]?.toLowerCase()
  const typed = Number(found[2])
  const isLater = part === 'בערב' || part === 'אחר הצהריים' || part === 'pm' || (!part && !found[3])
  const limit = part && isLater ? 12 : AFTERNOON_BEFORE
  const isMidnight = part === 'am' && typed === 12
  const hour = isMidnight ? 0 : isLater && typed > 0 && typed < limit ? typed + 12 : typed
  if (hour > 23) return undefined
  const isSure = found[3] !== undefined || part !== undefined || /שעה/.test(found[1] ?? '')
  return { index: found.index, minute: hour * 60 + Number(found[3] ?? 0), isSure }
}

/**
 * Parses the due time at the end of a new task: «מחר», «מחר ב־10», «ביום שלישי», «ב־24.12», `tomorrow at 10`. A
 * time without a day is its next one after `now`. Without `needsWord`, for a field that contains only the due time,
 * «24.12» is a day too.
 */
export function readDue(text: string, now: Date, zone: string, { needsWord = true } = {}): NewTask {
  const today = wallTime(now, zone).day
  const title = text.trim()
  const cut = (at: Found) => title.slice(0, at.index)
  const day = dayAtEnd(title, today, needsWord)
  if (day) {
    // The time can stand before the day: «ב־10 מחר».
    const time = timeAtEnd(cut(day))
    const at = time && instantOf(day.day, time.minute, zone)
    if (time && at && cut(time).trim()) return { title: cut(time), due_at: at }
    return cut(day).trim() ? { title: cut(day), due_date: day.day } : { title }
  }
  const time = timeAtEnd(title)
  if (!time) return { title }
  // The day can stand before the time: «מחר ב־10».
  const before = dayAtEnd(cut(time), today, needsWord)
  if (!before && !time.isSure) return { title }
  const at = before ? instantOf(before.day, time.minute, zone) : nextInstant(time.minute, now, zone)
  const words = cut(before ?? time)
  return at && words.trim() ? { title: words, due_at: at } : { title }
}

/** Returns the next instant after `now` at a minute of the day; undefined if the clock change skips it. */
function nextInstant(minute: number, now: Date, zone: string): string | undefined {
  const { day: today } = wallTime(now, zone)
  const at = instantOf(today, minute, zone)
  return at && Date.parse(at) <= now.getTime() ? instantOf(addDays(today, 1), minute, zone) : at
}
