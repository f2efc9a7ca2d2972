import type { QueryClient } from '@tanstack/react-query'
import { client, unwrap } from '#shared/api/client'

const at = (id: number) => ({ params: { path: { id } } })

export const cancel = (id: number) => unwrap(client.POST('/api/appointments/{id}/cancel', { ...at(id), body: {} }))
export const restore = (id: number) => unwrap(client.POST('/api/appointments/{id}/restore', at(id)))
export const markSeen = (id: number) => unwrap(client.POST('/api/appointments/{id}/seen', at(id)))
export const markDone = (id: number) => unwrap(client.POST('/api/appointments/{id}/done', at(id)))
export const markNoShow = (id: number) => unwrap(client.POST('/api/appointments/{id}/no-show', at(id)))

/** Fetches again what shows appointments; the event stream does the same on other devices. */
export const refresh = (cache: QueryClient): void => {
  for (const path of ['/api/appointments', '/api/free-slots']) {
    void cache.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith(path) })
  }
}
