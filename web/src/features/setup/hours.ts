import type { Schemas } from '#shared/api/client'
import { shortTime } from '#shared/format/dates'

/** Weekdays with the same hours, in the order of the week: Sunday to Thursday 9:00–18:00, Friday 9:00–13:00. */
export function groupedHours(hours: readonly Schemas['HoursRange'][]): { weekdays: number[]; ranges: string }[] {
  const days = new Map<number, string[]>()
  for (const { weekday, from, to } of hours)
    days.set(weekday, [...(days.get(weekday) ?? []), `${shortTime(from)}–${shortTime(to)}`])
  const groups = new Map<string, number[]>()
  for (const [weekday, ranges] of [...days].sort(([a], [b]) => a - b)) {
    const text = ranges.join(', ')
    groups.set(text, [...(groups.get(text) ?? []), weekday])
  }
  return [...groups].map(([ranges, weekdays]) => ({ weekdays, ranges }))
}
