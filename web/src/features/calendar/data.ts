import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import type { Schemas } from '#shared/api/client'
import { apiPages, apiQuery } from '#shared/api/query'
import { addDays, type Day, instantOf } from '#shared/format/dates'
import { useSession } from '#shared/session'

export type Appointment = Schemas['Appointment']
export type CalendarDay = Schemas['CalendarDay']
export type Resource = Schemas['Resource']
export type Service = Schemas['Service']

/** Appointments per request. */
const PAGE = 200

export const useServices = () => useQuery(apiQuery('/api/services'))
export const useResources = () => useQuery(apiQuery('/api/resources'))

export const useDays = (from: Day, to: Day) => useQuery(apiQuery('/api/calendar/days', { query: { from, to } }))

/** All appointments of the days from `from` to `to`, both included. */
export function useAppointments(from: Day, to: Day) {
  const zone = useSession().business.time_zone
  const [begin, end] = useMemo(
    () => [instantOf(from, 0, zone) ?? `${from}T00:00:00Z`, instantOf(addDays(to, 1), 0, zone) ?? `${to}T23:59:59Z`],
    [from, to, zone],
  )
  const query = useInfiniteQuery(apiPages('/api/appointments', { query: { from: begin, to: end, limit: PAGE } }))
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const appointments = useMemo(() => query.data?.pages.flatMap(page => page.items), [query.data])
  return { ...query, appointments }
}
