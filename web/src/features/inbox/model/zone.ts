import { addDays, weekdayOf } from '#shared/format/dates'

/** The instant at which a clock in the time zone shows this date and time; in a gap of summer time, the one after it. */
export function instantIn(zone: string, date: string, time: string): Date {
  const wanted = Date.parse(`${date}T${time}:00Z`)
  const first = wanted - offsetAt(zone, wanted)
  const second = wanted - offsetAt(zone, first)
  // Before a change of the clock both guesses may differ; the one that shows the wanted time is right.
  const shown = (at: number) => at + offsetAt(zone, at)
  if (shown(second) === wanted) return new Date(second)
  return new Date(shown(first) === wanted ? first : Math.max(first, second))
}

/** How far the zone's clock is ahead of UTC, in ms. */
function offsetAt(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at)
  const get = (type: string) => Number(parts.find(part => part.type === type)?.value ?? 0)
  const local = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'))
  return local - Math.floor(at / 1000) * 1000
}

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
