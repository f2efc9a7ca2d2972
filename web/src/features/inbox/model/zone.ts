import { addDays, instantNear, minuteOf, weekdayOf } from '#shared/format/dates'

/** The instant at which a clock in the time zone shows this date and time. */
export const instantIn = (zone: string, date: string, time: string): Date =>
  instantNear(date, minuteOf(time) ?? 0, zone)

/** The times that a message can be sent later without choosing a date, for a day of the business's calendar. */
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
