import { addDays, isDay, weekdayOf } from '../format/dates'
import { fromNowAtEnd } from './due-from-now'
import { isNamed } from './names'

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

/** The months from January on, in Hebrew and English. */
const MONTHS = [
  'ינואר|January|Jan',
  'פברואר|February|Feb',
  'מרץ|מרס|March|Mar',
  'אפריל|April|Apr',
  'מאי|May',
  'יוני|June|Jun',
  'יולי|July|Jul',
  'אוגוסט|August|Aug',
  'ספטמבר|September|Sept|Sep',
  'אוקטובר|October|Oct',
  'נובמבר|November|Nov',
  'דצמבר|December|Dec',
]
const MONTH_NAMES = MONTHS.join('|')
const DAY_AND_MONTH = new RegExp(
  `[\\s,]+(?:(?:ב|ל|עד\\s+[לה])[\\s־-]?|(?:ביום|עד|לפני|on|by|for|until|till|before|due)\\s+)?(?:the\\s+)?(?<dayOfMonth>\\d{1,2})(?:st|nd|rd|th)?\\s+(?:[בל]|of\\s+)?(?<name>${MONTH_NAMES})(?:,?\\s+(?<year>\\d{4}))?$`,
  'i',
)
const MONTH_AND_DAY = new RegExp(
  `[\\s,]+(?:(?:on|by|for|until|till|before|due)\\s+)?(?<name>${MONTH_NAMES})\\s+(?<dayOfMonth>\\d{1,2})(?:st|nd|rd|th)?(?:,?\\s+(?<year>\\d{4}))?$`,
  'i',
)

export interface FoundDay {
  index: number
  day: string
}

/**
 * Finds a day at the end of a text, together with the preposition before it: «היום», «עד מחר», «ביום שלישי»,
 * «ב־24.12», «ב־15 בדצמבר», «בעוד שבוע», `by 24.12`, `on Monday`, `next Friday`, `in a week`. Without `needsWord`, «24.12»
 * is a day without a word before it.
 */
export function dayAtEnd(words: string, today: string, needsWord: boolean): FoundDay | undefined {
  const found =
    namedDay(words, today) ??
    weekdayAtEnd(words, today) ??
    dateAtEnd(words, today, needsWord) ??
    monthAtEnd(words, today) ??
    dayFromNow(words, today)
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
  const day = comingDate(Number(dayOfMonth), Number(month), written?.padStart(4, '20'), today)
  return day ? { index: words.length - found.length, day } : undefined
}

/** Finds «ב־15 בדצמבר», `on 15 December` or `on December 15` at the end of a text. */
function monthAtEnd(words: string, today: string): FoundDay | undefined {
  for (const pattern of [DAY_AND_MONTH, MONTH_AND_DAY]) {
    const groups = pattern.exec(words)
    const { dayOfMonth, name, year } = groups?.groups ?? {}
    if (!groups || !name) continue
    const month = MONTHS.findIndex(names => isNamed(names, name)) + 1
    const day = comingDate(Number(dayOfMonth), month, year, today)
    return day ? { index: groups.index, day } : undefined
  }
  return undefined
}

/** Returns the date of the given year, or the next such date from today on; undefined if it is over or does not exist. */
function comingDate(dayOfMonth: number, month: number, year: string | undefined, today: string): string | undefined {
  const two = (part: number) => String(part).padStart(2, '0')
  const thisYear = Number(today.slice(0, 4))
  const years = year ? [Number(year)] : [thisYear, thisYear + 1]
  return years.map(year => `${year}-${two(month)}-${two(dayOfMonth)}`).find(day => isDay(day) && day >= today)
}

/** Finds «בעוד יומיים», «בעוד שבוע» or `in two months` at the end of a text. */
function dayFromNow(words: string, today: string): FoundDay | undefined {
  const found = fromNowAtEnd(words)
  if (!found) return undefined
  const { index, count, unit } = found
  if (unit === 'day' || unit === 'week') return { index, day: addDays(today, unit === 'week' ? 7 * count : count) }
  return unit === 'month' ? { index, day: addMonths(today, count) } : undefined
}

/** The last day of the month, if that is shorter. */
function addMonths(day: string, count: number): string {
  const [year = 0, month = 0, dayOfMonth = 0] = day.split('-').map(Number)
  const last = new Date(Date.UTC(year, month + count, 0)).getUTCDate()
  return new Date(Date.UTC(year, month - 1 + count, Math.min(dayOfMonth, last))).toISOString().slice(0, 10)
}
