import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useMemo, useRef } from 'react'
import { useFetchAgain } from '#shared/api/aging'
import { useAllPages } from '#shared/api/all-pages'
import type { Schemas } from '#shared/api/client'
import { apiPages, apiQuery } from '#shared/api/query'
import { addDays, type Day, instantOf } from '#shared/format/dates'
import { useSession } from '#shared/session'
import { gapsByDay } from './layout'

export type Appointment = Schemas['Appointment']
export type CalendarDay = Schemas['CalendarDay']
export type Closure = Schemas['Closure']
export type Resource = Schemas['Resource']
export type Service = Schemas['Service']
export type WaitingEntry = Schemas['WaitingEntry']

const PAGE = 200

export const useServices = () => useQuery(apiQuery('/api/services'))
export const useResources = () => useQuery(apiQuery('/api/resources'))
/** Archived ones as well: appointments, closures and texts can name them. */
export const everyService = apiQuery('/api/services', { query: { archived: true } })
export const everyResource = apiQuery('/api/resources', { query: { archived: true } })

export const useDays = (from: Day, to: Day) => useQuery(apiQuery('/api/calendar/days', { query: { from, to } }))

/** The closures of the shown days that are open at other times. Closed days do not need them. */
export function useClosures(days: readonly CalendarDay[]): readonly Closure[] {
  const [from = '', to = from] = [days[0]?.date, days.at(-1)?.date]
  const enabled = days.some(({ closures, open }) => closures.length > 0 && open.length > 0)
  return useQuery({ ...apiQuery('/api/closures', { query: { from, to } }), enabled }).data?.items ?? []
}

/** The data is fetched again when the start of a gap has passed. */
export function useGaps(from: Day, enabled: boolean) {
  const zone = useSession().business.time_zone
  const { data, error, refetch } = useQuery({ ...apiQuery('/api/free-gaps', { query: { from } }), enabled })
  useFetchAgain(enabled ? data?.gaps.map(({ starts_at }) => starts_at) : undefined, refetch)
  const gaps = useMemo(() => gapsByDay(data?.gaps ?? [], zone), [data, zone])
  return { gaps, error: data ? null : error, refetch }
}

/** The data is fetched again when a shown free time has passed. */
export function useWaitingList() {
  const query = useInfiniteQuery(apiPages('/api/waiting-list', { query: { limit: PAGE } }))
  const entries = useMemo(() => query.data?.pages.flatMap(page => page.items), [query.data])
  useFetchAgain(
    entries?.flatMap(({ free_slot }) => free_slot?.starts_at ?? []),
    query.refetch,
  )
  return { ...query, entries }
}

/** The entry stays as it was when the form opened: later changes by other users do not affect the form. */
export function useWaitingEntry(id: number | null) {
  const query = useQuery({ ...apiQuery('/api/waiting-list/{id}', { path: { id: id ?? 0 } }), enabled: id !== null })
  const first = useRef<WaitingEntry>(undefined)
  // Cached data may be older than the last change, so wait until the request is complete.
  if (!query.isFetching && !query.error) first.current ??= query.data
  return { data: first.current, error: query.isFetching ? null : query.error, refetch: query.refetch }
}

/** Both days are included. */
export function useAppointments(from: Day, to: Day) {
  const zone = useSession().business.time_zone
  const [begin, end] = useMemo(
    () => [instantOf(from, 0, zone) ?? `${from}T00:00:00Z`, instantOf(addDays(to, 1), 0, zone) ?? `${to}T23:59:59Z`],
    [from, to, zone],
  )
  const { data, error, refetch } = useAllPages('/api/appointments', { from: begin, to: end })
  return { appointments: data?.items, error, refetch }
}
