import type { Schemas } from '#shared/api/client'
import { clockText, minuteOf } from '#shared/format/dates'

/** Opening hours while they are typed. */
export interface DraftRange {
  weekday: number
  from: string
  to: string
}

const DAY_END = 24 * 60
const endOf = (text: string): number | undefined => (/^\s*24([:.]?00)?\s*$/.test(text) ? DAY_END : minuteOf(text))

/** What is wrong with a range: no time, the end before the beginning, or an overlap with another one of the day. */
export function problemOf(range: DraftRange, all: readonly DraftRange[]): 'time' | 'order' | 'overlap' | null {
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

/** A typed time as it is written: «8» is «8:00»; unchanged if it is not a time. */
export function tidyTime(text: string): string {
  const minute = endOf(text)
  return minute === undefined ? text : clockText(minute)
}

export const isComplete = (all: readonly DraftRange[]): boolean => all.every(range => problemOf(range, all) === null)

/** «09:30», as the API takes it. */
export const paddedTime = (minute: number): string => clockText(minute).padStart(5, '0')

/** The ranges as the API takes them; only if they are complete. */
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
    from: from.replace(/^0(?=\d)/, ''),
    to: to.replace(/^0(?=\d)/, ''),
  }))
