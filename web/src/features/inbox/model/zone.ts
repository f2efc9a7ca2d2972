import { addDays, instantNear, minuteOf, weekdayOf } from '#shared/format/dates'

export const instantIn = (zone: string, date: string, time: string): Date =>
  instantNear(date, minuteOf(time) ?? 0, zone)

export function laterChoices(zone: string, today: string, now: Date): { date: string; time: string; at: Date }[] {
  const toSunday = 7 - weekdayOf(today)
  const wanted: [string, string][] = [
    [today, '18:00'],
    [addDays(today, 1), '09:00'],
    ...(toSunday > 1 ? [[addDays(today, toSunday), '09:00'] as [string, string]] : []),
  ]
  return wanted
    .map(([date, time]) => ({ date, time, at: instantIn(zone, date, time) }))
    .filter(({ at }) => at.getTime() - now.getTime() > 5 * 60_000)
}
