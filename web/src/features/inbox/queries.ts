import { queryOptions, useQuery } from '@tanstack/react-query'
import { apiPages, apiQuery } from '#shared/api/query'
import { isMissing } from '#shared/components/states'
import { kindsOf, type TimelineFilter } from '#shared/timeline-filter'
import { call, type InboxFilter, type Page, type Thread, type TimelineItem } from './api'

/**
 * The numbers of contacts who wait for an answer, of other contacts with an unseen answer of the agent, and of contacts
 * with unread messages or calls.
 */
export const countsQuery = apiQuery('/api/threads/counts')
export const repliesQuery = apiQuery('/api/saved-replies')

export const contactQuery = (id: number) => apiQuery('/api/contacts/{id}', { path: { id } })
/** Null reads no contact. The cache still has the last response about an erased contact; it is not returned. */
export function useContact(id: number | null) {
  const { data, error, refetch } = useQuery({ ...contactQuery(id ?? 0), enabled: id !== null })
  const isGone = isMissing(error)
  return { data: isGone ? undefined : data, isGone, error, refetch }
}

export const threadQuery = (id: number) => apiQuery('/api/threads/{id}', { path: { id } })
export const routeQuery = (id: number) => apiQuery('/api/threads/{id}/route', { path: { id } })
export const peaksQuery = (id: number) => apiQuery('/api/calls/{id}/peaks', { path: { id }, query: { bins: 240 } })
export const notesPages = (id: number) => apiPages('/api/contacts/{id}/notes', { path: { id }, query: { limit: 50 } })
export const contactsQuery = (words: string) => apiQuery('/api/contacts', { query: { q: words, limit: 6 } })

/** Opens the WhatsApp thread with a contact. The query runs once: the event stream does not know its key. */
export const openThreadQuery = (contactId: number) =>
  queryOptions({
    queryKey: ['open-thread', contactId] as const,
    queryFn: async ({ client }) => {
      const thread = await call<Thread>('POST', '/api/threads', { body: { contact_id: contactId } })
      void client.invalidateQueries({ queryKey: contactQuery(contactId).queryKey })
      return thread.id
    },
    retry: false,
    // A thread that was opened may belong to another contact later.
    gcTime: 0,
  })

export const inboxQuery = (filter: InboxFilter, words: string) =>
  apiPages('/api/inbox', { query: { filter, ...(words && { q: words }), limit: 50 } })

export interface TimelineOf {
  contactId: number
  filter: TimelineFilter
}

/** Which page of a timeline: an empty object is the newest one. */
export interface TimelinePart {
  before?: string
  after?: string
  /** An entry, such as `message.17`, or a time. */
  around?: string
}

export const timelinePage = (of: TimelineOf, part: TimelinePart, limit: number, signal?: AbortSignal) =>
  call<Page<TimelineItem>>('GET', '/api/contacts/{id}/timeline', {
    params: { path: { id: of.contactId }, query: { limit, ...kindsOf(of.filter), ...part } },
    ...(signal && { signal }),
  })
