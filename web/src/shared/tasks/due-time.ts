import { isNamed } from './names'

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

export interface FoundTime {
  index: number
  minute: number
  /** Whether it is a time without a day beside it. An hour such as «ב־10» is ambiguous. */
  isSure: boolean
  /** Whether it is a time only after a day: «מחר 10:00», `tomorrow morning`. */
  isBare: boolean
}

/** The words for the hours from one on, in Hebrew and English. */
const HOURS = [
  'אחת|one',
  'שתיים|שתים|two',
  'שלוש|three',
  'ארבע|four',
  'חמש|five',
  'שש|six',
  'שבע|seven',
  'שמונה|eight',
  'תשע|nine',
  'עשר|ten',
  'אחת[ ־-]עשרה|eleven',
  'שתי?ים[ ־-]עשרה|twelve',
]
/** Minutes that are words after the hour. */
const MINUTES: [name: string, minute: number][] = [
  ['וחצי|thirty', 30],
  ['ורבע|fifteen', 15],
  ['forty[ -]five', 45],
]

// The longer names first: «אחת עשרה» begins with «אחת».
const HOUR_NAMES = [...HOURS].reverse().join('|')
const MINUTE_NAMES = MINUTES.map(([name]) => name).join('|')
const TIME = new RegExp(
  `[\\s,]+(?<prefix>בשעה\\s+|at\\s+|ב[־-]?\\s?)?(?<half>half past\\s+)?(?:(?<hours>\\d{1,2})(?::(?<minutes>[0-5]\\d))?|(?<name>${HOUR_NAMES}))(?:\\s+(?<named>${MINUTE_NAMES}))?(?:\\s*(?<part>${PART_NAMES}|am|pm))?$`,
  'i',
)
const PART = new RegExp(`[\\s,]+(${PART_NAMES})$`, 'i')

/** Finds a time at the end of a text: «ב־10», «בשעה 9:30», «בשמונה וחצי», «בבוקר», `at 10`, `at half past ten`. */
export function timeAtEnd(words: string): FoundTime | undefined {
  const found = TIME.exec(words)
  if (!found) return partAtEnd(words)
  const { prefix, half, hours, minutes, name, named, part: written } = found.groups ?? {}
  const part = written?.toLowerCase()
  const minute = half ? 30 : named ? entryOf(MINUTES, named)?.[1] : minutes && Number(minutes)
  if (!prefix && !minute && !minutes && !part) return undefined
  const typed = hours ? Number(hours) : HOURS.findIndex(hour => isNamed(hour, name ?? '')) + 1
  const isLater = part === 'pm' || (part ? (partOf(part)?.[1] ?? false) : !minutes)
  const limit = part && isLater ? 12 : AFTERNOON_BEFORE
  const isMidnight = part === 'am' && typed === 12
  const hour = isMidnight ? 0 : isLater && typed > 0 && typed < limit ? typed + 12 : typed
  if (hour > 23) return undefined
  const isSure = prefix !== undefined && (minute !== undefined || part !== undefined || /שעה/.test(prefix))
  return { index: found.index, minute: hour * 60 + Number(minute ?? 0), isSure, isBare: !prefix }
}

function partAtEnd(words: string): FoundTime | undefined {
  const found = PART.exec(words)
  const part = found && partOf(found[1] ?? '')
  // An English part of the day without a preposition also describes what is before it: `call about the morning`.
  return part
    ? { index: found.index, minute: part[2], isSure: false, isBare: /^[a-z]+$/i.test(found[1] ?? '') }
    : undefined
}

const entryOf = <T extends readonly [string, ...unknown[]]>(table: readonly T[], text: string) =>
  table.find(([names]) => isNamed(names, text))
const partOf = (text: string) => entryOf(PARTS, text)
