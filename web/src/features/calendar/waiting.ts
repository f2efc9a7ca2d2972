import { client, type Schemas, unwrap } from '#shared/api/client'
import { atNoon, type Day } from '#shared/format/dates'
import type { Formatter } from '#shared/format/time'

type Entry = Schemas['WaitingEntry']

const at = (id: number) => ({ path: { id } })

export const add = (body: Schemas['CreateWaitingEntryRequest']) => unwrap(client.POST('/api/waiting-list', { body }))

type Headers = Record<string, string>

export const change = (id: number, body: Schemas['UpdateWaitingEntryRequest'], headers: Headers = {}) =>
  unwrap(client.PATCH('/api/waiting-list/{id}', { params: at(id), body, headers }))

export const remove = (id: number, headers: Headers = {}) =>
  unwrap(client.DELETE('/api/waiting-list/{id}', { params: at(id), headers }))

/** The original time keeps the entry's place in the list. */
export const restoreEntry = ({ contact_id, service_id, resource_id, from_date, to_date, note, created_at }: Entry) =>
  add({ contact_id, service_id, resource_id, from_date, to_date, note, waiting_since: created_at })

/** Days before today are left out. */
export function daysOf({ from_date, to_date }: Pick<Entry, 'from_date' | 'to_date'>, today: Day, format: Formatter) {
  const name = (day: Day) => format.date(atNoon(day))
  if (to_date < today) return { kind: 'over' as const, to: name(to_date) }
  if (from_date === to_date) return { kind: 'day' as const, to: format.longDate(atNoon(to_date)) }
  if (from_date <= today) return { kind: 'until' as const, to: name(to_date) }
  return { kind: 'range' as const, from: name(from_date), to: name(to_date) }
}
