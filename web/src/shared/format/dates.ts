/** A day of the business's calendar: «2026-11-22». */
export type Day = string

const DAY_MS = 86_400_000
const noon = (day: Day): number => Date.parse(`${day}T12:00:00Z`)

/** The instant at which formatters in any zone name this day. */
export const atNoon = (day: Day): Date => new Date(noon(day))

export const addDays = (day: Day, count: number): Day => new Date(noon(day) + count * DAY_MS).toISOString().slice(0, 10)

/** 0 is Sunday. */
export const weekdayOf = (day: Day): number => new Date(noon(day)).getUTCDay()

/** The seven days from Sunday to Saturday that contain this one. */
export function weekOf(day: Day): Day[] {
  const sunday = addDays(day, -weekdayOf(day))
  return Array.from({ length: 7 }, (_, at) => addDays(sunday, at))
}

/** Returns true if the text is a day that exists. */
export const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(noon(text)) && new Date(noon(text)).toISOString().startsWith(text)

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

/** The day and the minute of the day in a zone. On the night of a clock change two instants may share a minute. */
export function wallTime(at: string | Date, zone: string): { day: Day; minute: number } {
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = partsOf(new Date(at).getTime(), zone)
  const two = (value: number) => String(value).padStart(2, '0')
  return { day: `${year}-${two(month)}-${two(day)}`, minute: hour * 60 + minute }
}

/** How far the zone's clock is ahead of UTC half a day before and after a wall-clock time. */
function offsetsNear(asUtc: number, zone: string): [number, number] {
  const offsetAt = (near: number) => {
    const wall = wallTime(new Date(near), zone)
    return Date.parse(`${wall.day}T00:00:00Z`) + wall.minute * 60_000 - Math.floor(near / 60_000) * 60_000
  }
  return [offsetAt(asUtc - DAY_MS / 2), offsetAt(asUtc + DAY_MS / 2)]
}

const asUtc = (day: Day, minute: number): number => Date.parse(`${day}T00:00:00Z`) + minute * 60_000

/** The instant of a wall-clock time, as RFC 3339; none if the clocks skip it. Of two, the first. */
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

/** The same for a time that must be some instant: one that the clocks skip is as long after the change as it says. */
export function instantNear(day: Day, minute: number, zone: string): Date {
  const wanted = asUtc(day, minute)
  return new Date(instantOf(day, minute, zone) ?? wanted - offsetsNear(wanted, zone)[0])
}

/** «09:30», «9:30», «930» and «9» as minutes of the day; none if it is not a time. */
export function minuteOf(text: string): number | undefined {
  const found = /^\s*([01]?\d|2[0-3])(?:[:.]?([0-5]\d))?\s*$/.exec(text)
  return found ? Number(found[1]) * 60 + Number(found[2] ?? 0) : undefined
}

/** «9:30» */
export const clockText = (minute: number): string =>
  `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`
