import type { QueryClient } from '@tanstack/react-query'
import { client, type Schemas, unwrap } from '#shared/api/client'

type Headers = Record<string, string>

const at = (id: number, headers: Headers = {}) => ({ params: { path: { id } }, headers })

export const book = (body: Schemas['BookAppointmentRequest'], key: string) =>
  unwrap(client.POST('/api/appointments', { body, params: { header: { 'Idempotency-Key': key } } }))
/** Changes a booked appointment so that it is as in a request for another time or service. */
export const moveTo = (id: number, request: Schemas['BookAppointmentRequest']) => {
  const { starts_at, service_id, resource_id = null, note = null, force, notify } = request
  return change(id, { starts_at, service_id, resource_id, note, ...(force && { force }), ...(notify && { notify }) })
}
export const change = (id: number, body: Schemas['UpdateAppointmentRequest'], headers?: Headers) =>
  unwrap(client.PATCH('/api/appointments/{id}', { ...at(id, headers), body }))
export const cancel = (id: number, body: Schemas['CancelAppointmentRequest'] = {}, headers?: Headers) =>
  unwrap(client.POST('/api/appointments/{id}/cancel', { ...at(id, headers), body }))
export const restore = (id: number) => unwrap(client.POST('/api/appointments/{id}/restore', at(id)))
export const markSeen = (id: number) => unwrap(client.POST('/api/appointments/{id}/seen', at(id)))
export const markDone = (id: number, headers?: Headers) =>
  unwrap(client.POST('/api/appointments/{id}/done', at(id, headers)))
export const markNoShow = (id: number, headers?: Headers) =>
  unwrap(client.POST('/api/appointments/{id}/no-show', at(id, headers)))

/** Whether two versions of an appointment take the same time of the same resource, for the same service. */
export const isSameTime = (one: Schemas['Appointment'], other: Schemas['Appointment']): boolean =>
  one.service_id === other.service_id &&
  one.resource_id === other.resource_id &&
  one.starts_at === other.starts_at &&
  one.state === other.state

/** On other devices, the event stream does the same. */
export const refresh = (cache: QueryClient): void => {
  for (const path of ['/api/appointments', '/api/free-slots', '/api/free-gaps', '/api/waiting-list']) {
    void cache.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith(path) })
  }
}
