import { allPages } from '#shared/api/all-pages'
import { queryClient } from '#shared/api/query'
import type { Appointment, WaitingEntry } from './data'

/** What refers to a service or a resource. */
export interface Uses {
  appointments: number
  waiting: number
}

type Of = { service_id: number } | { resource_id: number }

export function usesOf(of: Of, appointments: readonly Appointment[], waiting: readonly WaitingEntry[]): Uses {
  const refers = (item: { service_id: number; resource_id?: number | null }) =>
    'service_id' in of ? item.service_id === of.service_id : item.resource_id === of.resource_id
  return { appointments: appointments.filter(refers).length, waiting: waiting.filter(refers).length }
}

/** Reads the lists from the daemon: those in the cache may be of an earlier time. */
export async function fetchUses(of: Of): Promise<Uses> {
  const resource = 'resource_id' in of ? { resource_id: of.resource_id } : {}
  const all = { pages: Number.POSITIVE_INFINITY, staleTime: 0 }
  const [appointments, waiting] = await Promise.all([
    queryClient.fetchInfiniteQuery({
      ...allPages('/api/appointments', { from: new Date().toISOString(), state: 'booked', ...resource }),
      ...all,
      gcTime: 0,
    }),
    queryClient.fetchInfiniteQuery({ ...allPages('/api/waiting-list'), ...all }),
  ])
  return usesOf(
    of,
    appointments.pages.flatMap(({ items }) => items),
    waiting.pages.flatMap(({ items }) => items),
  )
}
