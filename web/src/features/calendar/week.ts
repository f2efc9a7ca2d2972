import type { Schemas } from '#shared/api/client'
import { clockText, minuteOf } from '#shared/format/dates'

/** Opening hours that are being typed. */
export interface DraftRange {
  weekday: number
  from: string
  to: string
}

const DAY_END = 24 * 60
const endOf = (text: string): number | undefined => (/^\s*24([:.]?00)?\s*$/.test(text) ? DAY_END : minuteOf(text))

/** Null for a valid range. */
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
    from: from.replace(/^0(?=\d)/, ''),
    to: to.replace(/^0(?=\d)/, ''),
  }))
