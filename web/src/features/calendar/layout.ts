import type { Schemas } from '#shared/api/client'
import { addDays, type Day, instantNear, minuteOf, minutesBetween, wallTime } from '#shared/format/dates'

type Appointment = Schemas['Appointment']
type CalendarDay = Schemas['CalendarDay']
type Hours = Pick<CalendarDay, 'open'>
type Interval = Pick<Appointment, 'starts_at' | 'ends_at'>

const DAY_MINUTES = 24 * 60

/** The height of one hour in the grid, in pixels. */
export const HOUR_PX = 69

/** The least height of an appointment in the grid, in minutes: a line of text. */
const LEAST_MINUTES = 20

/** The part of an appointment that is on one day. */
export interface Slot {
  appointment: Appointment
  /** The instant at which the part begins, in ms. */
  start: number
  /** The length of the part. On the night of a clock change, `to - from` differs from it. */
  minutes: number
  /** Whether the appointment began on the day before. */
  isContinued: boolean
  /** The top and the bottom in the grid, in minutes of the day in the business's time zone. */
  from: number
  to: number
  /** Appointments that overlap in the grid stand side by side: the place of this one, and the number of places. */
  place: number
  places: number
}

/** The appointments by the resource's id, sorted by time. */
export type Lanes = Map<number, Slot[]>

/** A column of the calendar. */
export interface Lane {
  id: number
  name?: string | null
  /** False if the resource was removed from the list, but has appointments. */
  isActive: boolean
}

/** The resources of the list, then the removed ones that have appointments. */
export function lanesOf(
  resources: readonly { id: number; name?: string | null }[],
  appointments: readonly Appointment[],
): Lane[] {
  const lanes = new Map<number, Lane>(resources.map(({ id, name = null }) => [id, { id, name, isActive: true }]))
  for (const { resource_id: id, resource_name: name = null, state } of appointments) {
    if (state !== 'cancelled' && !lanes.has(id)) lanes.set(id, { id, name, isActive: false })
  }
  return [...lanes.values()]
}

/** Omits cancelled appointments. An appointment across midnight has a part on each of its days. */
export function slotsByDay(appointments: readonly Appointment[], zone: string): Map<Day, Lanes> {
  const days = new Map<Day, Lanes>()
  for (const appointment of appointments) {
    if (appointment.state === 'cancelled') continue
    for (const { day, isContinued, ...part } of partsOf(appointment, zone)) {
      const lanes = days.get(day) ?? new Map<number, Slot[]>()
      const lane = lanes.get(appointment.resource_id) ?? []
      // The clock may go back within the part, which then ends at an earlier time than it lasts.
      const to = Math.max(part.to, part.from + Math.max(part.minutes, LEAST_MINUTES))
      lane.push({ ...part, appointment, isContinued, to, place: 0, places: 1 })
      lanes.set(appointment.resource_id, lane)
      days.set(day, lanes)
    }
  }
  for (const lanes of days.values()) for (const lane of lanes.values()) arrange(lane)
  return days
}

/** Divides an interval at midnight. */
function partsOf({ starts_at, ends_at }: Interval, zone: string) {
  const [begin, end] = [wallTime(starts_at, zone), wallTime(ends_at, zone)]
  const parts = []
  for (let day = begin.day; day <= end.day; day = addDays(day, 1)) {
    if (day === end.day && end.minute === 0 && parts.length > 0) break
    const [isFirst, isLast] = [day === begin.day, day === end.day]
    const start = isFirst ? new Date(starts_at) : instantNear(day, 0, zone)
    const stop = isLast ? new Date(ends_at) : instantNear(addDays(day, 1), 0, zone)
    parts.push({
      day,
      isContinued: !isFirst,
      start: start.getTime(),
      minutes: minutesBetween(start, stop),
      from: isFirst ? begin.minute : 0,
      to: isLast ? end.minute : DAY_MINUTES,
    })
  }
  return parts
}

/**
 * Sorts the appointments of a lane, and gives those that overlap their places: short ones, which are drawn higher than
 * they last, those with the same wall-clock time on the night of a clock change, and those that a user has forced.
 */
function arrange(lane: Slot[]): void {
  lane.sort((a, b) => a.from - b.from || a.start - b.start)
  let group: Slot[] = []
  /** When each place of the group is free again. */
  let free: number[] = []
  for (const slot of lane) {
    if (free.every(at => at <= slot.from)) {
      group = []
      free = []
    }
    const at = free.findIndex(at => at <= slot.from)
    slot.place = at < 0 ? free.length : at
    free[slot.place] = slot.to
    group.push(slot)
    for (const one of group) one.places = free.length
  }
}

/** In minutes of the day. */
export const opening = (day: Hours): [number, number][] =>
  day.open.map(({ from, to }) => [minuteOf(from) ?? 0, to === '24:00' ? DAY_MINUTES : (minuteOf(to) ?? DAY_MINUTES)])

/** The intervals between two minutes that are outside these hours. */
export function closedWithin(day: Hours, first: number, last: number): [number, number][] {
  const closed: [number, number][] = []
  let at = first
  for (const [from, to] of opening(day).sort(([a], [b]) => a - b)) {
    if (from > at) closed.push([at, Math.min(from, last)])
    at = Math.max(at, to)
  }
  if (at < last) closed.push([at, last])
  return closed.filter(([from, to]) => to > from)
}

type Closure = Pick<Schemas['Closure'], 'from_date' | 'to_date' | 'from' | 'to' | 'reason' | 'resource_id'>

/** The reasons for which the whole business is closed in an interval of a day. */
export function whyClosed(closures: readonly Closure[], day: Day, from: number, to: number): string {
  const reasons = closures.filter(closure => {
    if (closure.resource_id != null || day < closure.from_date || day > closure.to_date) return false
    const begin = day === closure.from_date ? (minuteOf(closure.from ?? '') ?? 0) : 0
    const end = day === closure.to_date ? (minuteOf(closure.to ?? '') ?? DAY_MINUTES) : DAY_MINUTES
    return begin < to && end > from
  })
  return [...new Set(reasons.map(({ reason }) => reason))].filter(Boolean).join(', ')
}

export const hoursOf = (day: CalendarDay, resource: number) =>
  day.resources.find(({ resource_id }) => resource_id === resource)

/** The intervals in which the business is open but the resource is away. */
export function awayWithin(day: CalendarDay, resource: number): [number, number][] {
  const own = hoursOf(day, resource)
  return own ? opening(day).flatMap(([from, to]) => closedWithin(own, from, to)) : []
}

/** Empty unless the resource is away for the whole day: a closure of a part may not explain the other hours. */
export function whyAway(day: CalendarDay, resource: number): string {
  const own = hoursOf(day, resource)
  return own?.open.length === 0 ? own.closures.filter(Boolean).join(', ') : ''
}

/** Full hours around all opening hours and appointments, or 9:00 to 18:00 if there are none. In minutes of the day. */
export function shownHours(days: readonly CalendarDay[], slots: ReadonlyMap<Day, Lanes>): [number, number] {
  const times = days.flatMap(opening)
  for (const { date } of days) {
    for (const lane of slots.get(date)?.values() ?? [])
      times.push(...lane.map(({ from, to }): [number, number] => [from, to]))
  }
  if (times.length === 0) return [9 * 60, 18 * 60]
  const first = Math.min(...times.map(([from]) => from))
  const last = Math.max(...times.map(([, to]) => to))
  return [Math.floor(first / 60) * 60, Math.min(DAY_MINUTES, Math.ceil(last / 60) * 60)]
}

export const agendaOf = (lanes: Lanes | undefined): Slot[] =>
  [...(lanes?.values() ?? [])].flat().sort((a, b) => a.start - b.start || a.appointment.id - b.appointment.id)

/** An interval of a day in which a resource can be booked. */
export interface Gap {
  resource: number
  /** The instant at which it begins, in ms. */
  start: number
  minutes: number
}

/** A gap across midnight has a part on each of its days. */
export function gapsByDay(gaps: readonly Schemas['FreeGap'][], zone: string): Map<Day, Gap[]> {
  const days = new Map<Day, Gap[]>()
  for (const gap of gaps) {
    for (const { day, start, minutes } of partsOf(gap, zone)) {
      days.set(day, [...(days.get(day) ?? []), { resource: gap.resource_id, start, minutes }])
    }
  }
  return days
}
