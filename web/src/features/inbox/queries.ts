import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import * as api from './pending'

interface Params {
  path?: Record<string, unknown>
  query?: Record<string, unknown>
}

const query = <T>(path: string, params: Params = {}) =>
  queryOptions({
    queryKey: [path, params] as const,
    queryFn: ({ signal }) => api.call<T>('GET', path, { params, signal }),
  })

/** How many contacts wait, and how many the agent answered. */
export const countsQuery = query<api.InboxCounts>('/api/threads/counts')

export const contactQuery = (id: number) => query<api.Contact>('/api/contacts/{id}', { path: { id } })
export const routeQuery = (id: number) => query<api.Route>('/api/threads/{id}/route', { path: { id } })
export const repliesQuery = query<api.Page<api.SavedReply>>('/api/saved-replies')
export const scheduledQuery = (threadId: number, state: api.Scheduled['state']) =>
  query<api.Page<api.Scheduled>>('/api/scheduled-messages', { query: { thread_id: threadId, state } })
export const peaksQuery = (id: number) =>
  query<api.Peaks>('/api/calls/{id}/peaks', { path: { id }, query: { bins: 240 } })
export const tasksQuery = (contactId: number) =>
  query<api.Page<api.Task>>('/api/tasks', { query: { contact_id: contactId, state: 'open', limit: 20 } })
export const notesQuery = (id: number) => query<api.Page<api.Note>>('/api/contacts/{id}/notes', { path: { id } })
export const appointmentsQuery = (contactId: number, from: string) =>
  query<api.Page<api.Appointment>>('/api/appointments', {
    query: { contact_id: contactId, from, state: 'booked', limit: 5 },
  })

/** The list of the inbox. */
export const inboxQuery = (filter: api.InboxFilter, words: string) => {
  const params = { query: { filter, ...(words && { q: words }), limit: 50 } }
  return infiniteQueryOptions({
    queryKey: ['/api/inbox', params, 'pages'] as const,
    initialPageParam: null as string | null,
    queryFn: ({ signal, pageParam }) => {
      const cursor = pageParam === null ? {} : { cursor: pageParam }
      return api.call<api.Page<api.InboxRow>>('GET', '/api/inbox', {
        params: { query: { ...params.query, ...cursor } },
        signal,
      })
    },
    getNextPageParam: page => page.next_cursor ?? null,
  })
}

/** A page of a contact's timeline; the newest without `before`. */
export const timelinePage = (id: number, before: string | null, limit: number, signal?: AbortSignal) =>
  api.call<api.Page<api.TimelineItem>>('GET', '/api/contacts/{id}/timeline', {
    params: { path: { id }, query: { limit, ...(before !== null && { before }) } },
    ...(signal && { signal }),
  })
