import type { Schemas } from '#shared/api/client'
import { clockText, minuteOf, shortTime } from '#shared/format/dates'

/** Opening hours that are being typed. */
export interface DraftRange {
  weekday: number
  from: string
  to: string
}

const DAY_END = 24 * 60
const endOf = (text: string): number | undefined => (/^\s*24([:.]?00)?\s*$/.test(text) ? DAY_END : minuteOf(text))

export type RangeProblem = 'empty' | 'time' | 'order' | 'overlap'

/** Null for a valid range. «empty» is a range that is not wrong so far, but has no begin or no end yet. */
export function problemOf(range: DraftRange, all: readonly DraftRange[]): RangeProblem | null {
  const texts = [range.from.trim(), range.to.trim()]
  if (texts.includes('')) {
    return texts.every(text => text === '' || endOf(text) !== undefined) ? 'empty' : 'time'
  }
  const [from, to] = [minuteOf(range.from), endOf(range.to)]
  if (from === undefined || to === undefined) return 'time'
  if (to <= from) return 'order'
  const overlaps = all.some(other => {
    if (other === range || other.weekday !== range.weekday) return false
    const [begin, end] = [minuteOf(other.from), endOf(other.to)]
    return begin !== undefined && end !== undefined && begin < to && from < end
  })
  return overlaps ? 'overlap' : null
}

/** Divides hours that end on the next day at midnight; undefined if the end is not earlier than the begin. */
export function pastMidnight({ weekday, from, to }: DraftRange): DraftRange[] | undefined {
  const [begin, end] = [minuteOf(from), endOf(to)]
  if (begin === undefined || end === undefined || end >= begin) return undefined
  const tonight = { weekday, from: clockText(begin), to: clockText(DAY_END) }
  return end === 0 ? [tonight] : [tonight, { weekday: (weekday + 1) % 7, from: '0:00', to: clockText(end) }]
}

/** The range that is offered after those of a day; undefined if the day has no time left. */
export function nextRange(weekday: number, ranges: readonly DraftRange[]): DraftRange | undefined {
  if (ranges.length === 0) return { weekday, from: '9:00', to: '18:00' }
  const last = Math.max(...ranges.map(({ to }) => endOf(to) ?? 0))
  const isFull = ranges.some(({ from, to }) => minuteOf(from) === 0 && endOf(to) === DAY_END)
  if (isFull) return undefined
  // After a range until midnight, only earlier hours are possible.
  return { weekday, from: last > 0 && last < DAY_END ? clockText(last) : '', to: '' }
}

/** «8» becomes «8:00». Other text is returned unchanged. */
export function tidyTime(text: string): string {
  const minute = endOf(text)
  return minute === undefined ? text : clockText(minute)
}

export const isComplete = (all: readonly DraftRange[]): boolean => all.every(range => problemOf(range, all) === null)

/** «09:30» */
export const paddedTime = (minute: number): string => clockText(minute).padStart(5, '0')

/** All ranges must be valid. */
export const toApi = (all: readonly DraftRange[]): Schemas['HoursRange'][] =>
  [...all]
    .map(({ weekday, from, to }) => ({
      weekday,
      from: paddedTime(minuteOf(from) ?? 0),
      to: paddedTime(endOf(to) ?? DAY_END),
    }))
    .sort((a, b) => a.weekday - b.weekday || a.from.localeCompare(b.from))

export const fromApi = (hours: readonly Schemas['HoursRange'][]): DraftRange[] =>
  hours.map(({ weekday, from, to }) => ({
    weekday,
    from: shortTime(from),
    to: shortTime(to),
  }))
