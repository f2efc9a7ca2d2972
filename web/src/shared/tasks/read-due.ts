import { addDays, instantOf, isDay, wallTime, weekdayOf } from '../format/dates'

export interface NewTask {
  title: string
  due_date?: string
  due_at?: string
}

/** An hour before this one, without minutes or a part of the day, is in the afternoon: «ב־3» is 15:00. */
const AFTERNOON_BEFORE = 7

/** Parts of the day, whether an hour with them is after noon, and their minute of the day if they stand alone. */
const PARTS: [name: string, isLater: boolean, minute: number][] = [
  ['בבוקר|(?:in the )?morning', false, 9 * 60],
  ['בצהריים|(?:at )?noon', true, 12 * 60],
  ['אחר הצהריים|אחה["״]צ|(?:in the )?afternoon', true, 16 * 60],
  ['בערב|(?:in the )?evening', true, 19 * 60],
]
const PART_NAMES = PARTS.map(([name]) => name).join('|')

const DAYS = ["ראשון|א[׳']", "שני|ב[׳']", "שלישי|ג[׳']", "רביעי|ד[׳']", "חמישי|ה[׳']", "שישי|ו[׳']", 'שבת']
const ENGLISH_DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/** Words that belong to the day after them: «עד מחר», `by Friday`. */
const PREPOSITION = /(?:^|[\s,]+)(?:עד|לפני|due(?: on| by)?|by|for|until|till|before|on)$/i
/** After these words, a day does not say when the task is due: «על יום שישי», `every Monday`. */
const NOT_DUE = /(?:^|\s)(?:על|כל|של|מאז|about|regarding|every|each|of|since|last)$/i
/** With these words before them, the English names of days are other names. */
const OTHER_NAME = /(?:^|\s)(?:black|cyber|good|easter|palm|ash|giving)$/i

const NAMED_DAYS: [RegExp, number][] = [
  [/[\s,]+(?:ל|ב)?היום$|[\s,]+today$/i, 0],
  [/[\s,]+(?:ל|ב)?מחרתיים$|[\s,]+(?:the )?day after tomorrow$/i, 2],
  [/[\s,]+(?:ל|ב)?מחר$|[\s,]+tomorrow$/i, 1],
]

const WEEKDAYS = DAYS.map((hebrew, weekday) => ({
  hebrew: new RegExp(`[\\s,]+((?:ביום|ליום|יום|ב)[\\s־-]*)?(?:${hebrew})(\\s+(?:הקרובה?|הבאה?))?$`),
  english: new RegExp(`[\\s,]+((?:this coming|this|coming|next)\\s+)?${ENGLISH_DAYS[weekday]}$`, 'i'),
}))

const DATE =
  /[\s,]+((?:ב|ל|עד\s+[לה])[־-]?|(?:ביום|עד|לפני|on|by|for|until|till|before|due)\s+)?(\d{1,2})[./](\d{1,2})(?:[./](\d{4}|\d{2}))?$/i

interface Found {
  index: number
}

interface FoundDay extends Found {
  day: string
}

/**
 * Finds a day at the end of a text, together with the preposition before it: «היום», «עד מחר», «ביום שלישי»,
 * «ב־24.12», `by 24.12`, `on Monday`, `next Friday`.
 */
function dayAtEnd(words: string, today: string, needsWord: boolean): FoundDay | undefined {
  const found = namedDay(words, today) ?? weekdayAtEnd(words, today) ?? dateAtEnd(words, today, needsWord)
  if (!found) return undefined
  const before = words.slice(0, found.index)
  if (NOT_DUE.test(before)) return undefined
  return { ...found, index: PREPOSITION.exec(before)?.index ?? found.index }
}

function namedDay(words: string, today: string): FoundDay | undefined {
  for (const [pattern, count] of NAMED_DAYS) {
    const found = pattern.exec(words)
    if (found) return { index: found.index, day: addDays(today, count) }
  }
  return undefined
}

function weekdayAtEnd(words: string, today: string): FoundDay | undefined {
  for (const [weekday, { hebrew, english }] of WEEKDAYS.entries()) {
    // The name of today's weekday means the same day of the next week.
    const coming = ((weekday - weekdayOf(today) + 6) % 7) + 1
    // Weeks begin on Sunday, as in the calendar.
    const ofNextWeek = weekday - weekdayOf(today) + 7
    const inHebrew = hebrew.exec(words)
    if (inHebrew) {
      const [, word, which] = inHebrew
      // The names are also ordinal numbers: «קומה שנייה», «מבחן ראשון».
      if (!word && !which && !PREPOSITION.test(words.slice(0, inHebrew.index))) return undefined
      return { index: inHebrew.index, day: addDays(today, /הבא/.test(which ?? '') ? ofNextWeek : coming) }
    }
    const inEnglish = english.exec(words)
    if (inEnglish) {
      const [, which] = inEnglish
      if (!which && OTHER_NAME.test(words.slice(0, inEnglish.index))) return undefined
      return { index: inEnglish.index, day: addDays(today, /next/i.test(which ?? '') ? ofNextWeek : coming) }
    }
  }
  return undefined
}

function dateAtEnd(words: string, today: string, needsWord: boolean): FoundDay | undefined {
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

interface FoundTime extends Found {
  minute: number
  /** Whether it is a time without a day beside it. An hour such as «ב־10» is ambiguous. */
  isSure: boolean
  /** Whether it is a time only after a day: «מחר 10:00», `tomorrow morning`. */
  isBare: boolean
}

const TIME = new RegExp(
  `[\\s,]+(בשעה\\s+|at\\s+|ב[־-]?)?(\\d{1,2})(?::([0-5]\\d))?(?:\\s*(${PART_NAMES}|am|pm))?$`,
  'i',
)
const PART = new RegExp(`[\\s,]+(${PART_NAMES})$`, 'i')

/** Finds a time at the end of a text: «ב־10», «בשעה 9:30», «בבוקר», `at 10`. */
function timeAtEnd(words: string): FoundTime | undefined {
  const found = TIME.exec(words)
  if (!found) return partAtEnd(words)
  const [, prefix, hours, minutes] = found
  const part = found[4]?.toLowerCase()
  if (!prefix && !minutes && !part) return undefined
  const typed = Number(hours)
  const isLater = part === 'pm' || (part ? (partOf(part)?.[1] ?? false) : !minutes)
  const limit = part && isLater ? 12 : AFTERNOON_BEFORE
  const isMidnight = part === 'am' && typed === 12
  const hour = isMidnight ? 0 : isLater && typed > 0 && typed < limit ? typed + 12 : typed
  if (hour > 23) return undefined
  const isSure = prefix !== undefined && (minutes !== undefined || part !== undefined || /שעה/.test(prefix))
  return { index: found.index, minute: hour * 60 + Number(minutes ?? 0), isSure, isBare: !prefix }
}

function partAtEnd(words: string): FoundTime | undefined {
  const found = PART.exec(words)
  const part = found && partOf(found[1] ?? '')
  // An English part of the day without a preposition also describes what is before it: `call about the morning`.
  return part
    ? { index: found.index, minute: part[2], isSure: false, isBare: /^[a-z]+$/i.test(found[1] ?? '') }
    : undefined
}

const partOf = (text: string) => PARTS.find(([name]) => new RegExp(`^(?:${name})$`, 'i').test(text))

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
    const at = time && !time.isBare && instantOf(day.day, time.minute, zone)
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
