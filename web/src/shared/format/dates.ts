/** A day of the business's calendar: «2026-11-22». */
export type Day = string

const DAY_MS = 86_400_000
const noon = (day: Day): number => Date.parse(`${day}T12:00:00Z`)

/** Returns noon UTC of this day, which is on the same day in all time zones from UTC-12 to UTC+11. */
export const atNoon = (day: Day): Date => new Date(noon(day))

export const addDays = (day: Day, count: number): Day => new Date(noon(day) + count * DAY_MS).toISOString().slice(0, 10)

/** Days are strings, so `Math.max` cannot be used. */
export const laterDay = (one: Day, other: Day): Day => [one, other].sort()[1] ?? one

/** Returns the day of the week; 0 is Sunday. */
export const weekdayOf = (day: Day): number => new Date(noon(day)).getUTCDay()

/** From Sunday to Saturday. */
export function weekOf(day: Day): Day[] {
  const sunday = addDays(day, -weekdayOf(day))
  return Array.from({ length: 7 }, (_, at) => addDays(sunday, at))
}

/**
 * Returns true if the text is an existing day in the form «2026-11-22», of the years 1001 to 9998: the weeks and months around
 * a day must have years of four digits as well.
 */
export const isDay = (text: string): boolean =>
  /^(?!0|1000|9999)\d{4}-\d{2}-\d{2}$/.test(text) &&
  !Number.isNaN(noon(text)) &&
  new Date(noon(text)).toISOString().startsWith(text)

const formats = new Map<string, Intl.DateTimeFormat>()

function partsOf(at: number, zone: string): Record<string, number> {
  const known = formats.get(zone)
  const format =
    known ??
    new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    })
  if (!known) formats.set(zone, format)
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
}

/**
 * Returns the day and the minute of the day in a time zone. On the night of a clock change, two instants may have the
 * same result.
 */
export function wallTime(at: string | Date, zone: string): { day: Day; minute: number } {
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = partsOf(new Date(at).getTime(), zone)
  const two = (value: number) => String(value).padStart(2, '0')
  return { day: `${year}-${two(month)}-${two(day)}`, minute: hour * 60 + minute }
}

/** Returns the zone's UTC offsets half a day before and half a day after a wall-clock time, in ms. */
function offsetsNear(asUtc: number, zone: string): [number, number] {
  const offsetAt = (near: number) => {
    const wall = wallTime(new Date(near), zone)
    return Date.parse(`${wall.day}T00:00:00Z`) + wall.minute * 60_000 - Math.floor(near / 60_000) * 60_000
  }
  return [offsetAt(asUtc - DAY_MS / 2), offsetAt(asUtc + DAY_MS / 2)]
}

const asUtc = (day: Day, minute: number): number => Date.parse(`${day}T00:00:00Z`) + minute * 60_000

/**
 * Returns the instant of a wall-clock time as RFC 3339; undefined if the clock change skips it. If it occurs twice,
 * returns the first instant.
 */
export function instantOf(day: Day, minute: number, zone: string): string | undefined {
  const wanted = asUtc(day, minute)
  const found = offsetsNear(wanted, zone)
    .map(offset => wanted - offset)
    .filter(at => {
      const wall = wallTime(new Date(at), zone)
      return wall.day === day && wall.minute === minute
    })
  return found.length > 0 ? new Date(Math.min(...found)).toISOString() : undefined
}

/**
 * Like `instantOf`, but always returns an instant: a time that the clock change skips is interpreted with the offset
 * from before the change.
 */
export function instantNear(day: Day, minute: number, zone: string): Date {
  const wanted = asUtc(day, minute)
  return new Date(instantOf(day, minute, zone) ?? wanted - offsetsNear(wanted, zone)[0])
}

/** Rounds to full minutes. */
export const minutesBetween = (from: string | Date, to: string | Date): number =>
  Math.round((new Date(to).getTime() - new Date(from).getTime()) / 60_000)

/** Parses «09:30», «9:30», «930» or «9» to the minute of the day; undefined if the text is not a time. */
export function minuteOf(text: string): number | undefined {
  const found = /^\s*([01]?\d|2[0-3])(?:[:.]?([0-5]\d))?\s*$/.exec(text)
  return found ? Number(found[1]) * 60 + Number(found[2] ?? 0) : undefined
}

/** Formats a time of the API, such as `09:30`: «9:30». */
export const shortTime = (time: string): string => time.replace(/^0(?=\d)/, '')

/** Formats the minute of the day: «9:30». */
export const clockText = (minute: number): string =>
  `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`
