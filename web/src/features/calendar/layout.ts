import type { Schemas } from '#shared/api/client'
import { type Day, minuteOf, wallTime } from '#shared/format/dates'

type Appointment = Schemas['Appointment']
type CalendarDay = Schemas['CalendarDay']

/** An appointment in a day's column. */
export interface Slot {
  appointment: Appointment
  /** Minutes of the day in the business's zone. */
  from: number
  to: number
}

/** The appointments of one day and one lane, by time. */
export type Lanes = Map<number, Slot[]>

/** Appointments by day and by resource. One that lasts over midnight ends at its first day's end. */
export function slotsByDay(appointments: readonly Appointment[], zone: string): Map<Day, Lanes> {
  const days = new Map<Day, Lanes>()
  for (const appointment of appointments) {
    if (appointment.state === 'cancelled') continue
    const [begin, end] = [wallTime(appointment.starts_at, zone), wallTime(appointment.ends_at, zone)]
    const to = end.day === begin.day ? end.minute : 24 * 60
    const lanes = days.get(begin.day) ?? new Map<number, Slot[]>()
    const lane = lanes.get(appointment.resource_id) ?? []
    lane.push({ appointment, from: begin.minute, to: Math.max(to, begin.minute + 5) })
    lanes.set(appointment.resource_id, lane)
    days.set(begin.day, lanes)
  }
  for (const lanes of days.values()) for (const lane of lanes.values()) lane.sort((a, b) => a.from - b.from)
  return days
}

/** The opening intervals of a day in minutes. */
export const opening = (day: CalendarDay): [number, number][] =>
  day.open.map(({ from, to }) => [minuteOf(from) ?? 0, to === '24:00' ? 24 * 60 : (minuteOf(to) ?? 24 * 60)])

/** The intervals of the shown hours in which the business is closed. */
export function closedWithin(day: CalendarDay, first: number, last: number): [number, number][] {
  const closed: [number, number][] = []
  let at = first
  for (const [from, to] of opening(day).sort(([a], [b]) => a - b)) {
    if (from > at) closed.push([at, Math.min(from, last)])
    at = Math.max(at, to)
  }
  if (at < last) closed.push([at, last])
  return closed.filter(([from, to]) => to > from)
}

/** The first and the last shown minute: whole hours around all opening hours and appointments. */
export function shownHours(days: readonly CalendarDay[], slots: ReadonlyMap<Day, Lanes>): [number, number] {
  const times = days.flatMap(opening)
  for (const { date } of days) {
    for (const lane of slots.get(date)?.values() ?? [])
      times.push(...lane.map(({ from, to }): [number, number] => [from, to]))
  }
  if (times.length === 0) return [9 * 60, 18 * 60]
  const first = Math.min(...times.map(([from]) => from))
  const last = Math.max(...times.map(([, to]) => to))
  return [Math.floor(first / 60) * 60, Math.ceil(last / 60) * 60]
}

/** All appointments of a day, by time. */
export const agendaOf = (lanes: Lanes | undefined): Slot[] =>
  [...(lanes?.values() ?? [])].flat().sort((a, b) => a.from - b.from || a.appointment.id - b.appointment.id)

/** A part of the agenda in which at least one resource is free. */
export interface Gap {
  from: number
  to: number
}

/** The gaps of at least `least` minutes between the appointments of a single resource within the opening hours. */
export function gapsOf(day: CalendarDay, lane: readonly Slot[], least: number, notBefore = 0): Gap[] {
  return opening(day).flatMap(([from, to]) => {
    const gaps: Gap[] = []
    let at = Math.max(from, notBefore)
    for (const slot of lane.filter(slot => slot.to > from && slot.from < to)) {
      if (slot.from - at >= least) gaps.push({ from: at, to: slot.from })
      at = Math.max(at, slot.to)
    }
    if (to - at >= least) gaps.push({ from: at, to })
    return gaps
  })
}
