import type { Schemas } from '#shared/api/client'

/** Weekdays with the same hours, in the order of the week: Sunday to Thursday 9:00–18:00, Friday 9:00–13:00. */
export function groupedHours(hours: readonly Schemas['HoursRange'][]): { weekdays: number[]; ranges: string }[] {
  const days = new Map<number, string[]>()
  for (const { weekday, from, to } of hours)
    days.set(weekday, [...(days.get(weekday) ?? []), `${shown(from)}–${shown(to)}`])
  const groups = new Map<string, number[]>()
  for (const [weekday, ranges] of [...days].sort(([a], [b]) => a - b)) {
    const text = ranges.join(', ')
    groups.set(text, [...(groups.get(text) ?? []), weekday])
  }
  return [...groups].map(([ranges, weekdays]) => ({ weekdays, ranges }))
}

/** As the page formats times: without a leading zero. */
const shown = (time: string): string => time.replace(/^0(?=\d:)/, '')
