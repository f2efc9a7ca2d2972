import { isNamed } from './names'

type Unit = 'minute' | 'hour' | 'day' | 'week' | 'month'

interface FromNow {
  index: number
  count: number
  unit: Unit
}

/** The numbers from one on, in Hebrew (feminine and masculine) and English. */
const NUMBERS = [
  'אחת|אחד|one|an?',
  'שתי|שני|two',
  'שלוש|שלושה|three',
  'ארבע|ארבעה|four',
  'חמש|חמישה|five',
  'שש|שישה|six',
  'שבע|שבעה|seven',
  'שמונה|eight',
  'תשע|תשעה|nine',
  'עשר|עשרה|ten',
]

/** Words that contain their number. */
const WHOLE: [name: string, count: number, unit: Unit][] = [
  ['רבע שעה|a quarter of an hour', 15, 'minute'],
  ['חצי שעה|half an hour', 30, 'minute'],
  ['שעה וחצי|an hour and a half', 90, 'minute'],
  ['שעה', 1, 'hour'],
  ['שעתיים', 2, 'hour'],
  ['יום', 1, 'day'],
  ['יומיים', 2, 'day'],
  ['שבוע', 1, 'week'],
  ['שבועיים', 2, 'week'],
  ['חודש', 1, 'month'],
  ['חודשיים', 2, 'month'],
]

const UNITS: [name: string, unit: Unit][] = [
  ["דקה|דקות|דק[׳']|minutes?", 'minute'],
  ['שעות|hours?', 'hour'],
  ['ימים|days?', 'day'],
  ['שבועות|weeks?', 'week'],
  ['חודשים|months?', 'month'],
]

const names = (table: readonly (readonly [string, ...unknown[]])[]) => table.map(([name]) => name).join('|')
const FROM_NOW = new RegExp(
  `[\\s,]+(?:בעוד|in)\\s+(?:(?<whole>${names(WHOLE)})|(?<count>\\d{1,3}|${NUMBERS.join('|')})\\s+(?<unit>${names(UNITS)}))$`,
  'i',
)

/** Finds an interval from now at the end of a text: «בעוד שעתיים», «בעוד 3 ימים», `in a week`. */
export function fromNowAtEnd(words: string): FromNow | undefined {
  const found = FROM_NOW.exec(words)
  if (!found) return undefined
  const { whole, count = '', unit = '' } = found.groups ?? {}
  if (whole) {
    const [, count, unit] = WHOLE.find(([names]) => isNamed(names, whole)) ?? []
    return count && unit ? { index: found.index, count, unit } : undefined
  }
  const known = UNITS.find(([names]) => isNamed(names, unit))?.[1]
  const number = /^\d/.test(count) ? Number(count) : NUMBERS.findIndex(names => isNamed(names, count)) + 1
  return known && number > 0 ? { index: found.index, count: number, unit: known } : undefined
}
