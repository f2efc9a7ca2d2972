import type { InfiniteData } from '@tanstack/react-query'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiPages, apiQuery, queryClient } from '#shared/api/query'
import type { paths } from '#shared/api/schema'
import { concerns } from '#shared/events/changes'
import { kindsOf, type TimelineFilter } from '#shared/timeline-filter'

export type Tag = Schemas['Tag']
export type Contact = Schemas['Contact']
export type Address = Schemas['Address']
export type ContactDetail = Schemas['ContactDetail']
export type CustomField = Schemas['CustomField']
export type FieldKind = Schemas['FieldKind']
export type FieldValue = Schemas['ContactField']
export type Merged = Schemas['ContactMerge']
export type Note = Schemas['Note']
export type Task = Schemas['Task']
export type Stage = Schemas['LeadStage']
export type Lead = Schemas['Lead']
export type Appointment = Schemas['Appointment']
export type CallItem = Schemas['CallItem']
export type Message = Schemas['MessageDetail']
export type TimelineItem = Schemas['TimelineItem']

export interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

export type Relation = Schemas['ContactRelation']
export type Sort = 'activity' | 'name' | 'created'

export interface ContactFilter {
  q?: string | undefined
  tag_id?: number | undefined
  blocked?: boolean | undefined
  relation?: Relation | undefined
  sort?: Sort | undefined
  limit?: number | undefined
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
interface Init {
  params?: { path?: Record<string, number>; query?: Record<string, unknown> }
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** `init` fills the template `path`, such as `/api/notes/{id}`. Throws an `ApiError` if the request fails. */
export const request = <T = unknown>(method: Method, path: keyof paths, init: Init = {}): Promise<T> =>
  unwrap((client[method] as unknown as (path: string, init: unknown) => Promise<never>)(path, init))

const given = ({ q, tag_id, blocked, relation, sort, limit }: ContactFilter) => ({
  ...(q !== undefined && { q }),
  ...(tag_id !== undefined && { tag_id }),
  ...(blocked !== undefined && { blocked }),
  ...(relation !== undefined && { relation }),
  ...(sort !== undefined && { sort }),
  ...(limit !== undefined && { limit }),
})

export const contactPage = (filter: ContactFilter, signal: AbortSignal) =>
  unwrap(client.GET('/api/contacts', { params: { query: given(filter) }, signal })) as Promise<Page<Contact>>
export const contactPages = (filter: ContactFilter) =>
  apiPages('/api/contacts', { query: { limit: 50, ...given(filter) } })
export const itemsOf = <T>(data: InfiniteData<Page<T>>): T[] => data.pages.flatMap(({ items }) => items)
export const contactQuery = (id: number) => apiQuery('/api/contacts/{id}', { path: { id } })
export const timelinePages = (id: number, filter: TimelineFilter) =>
  apiPages('/api/contacts/{id}/timeline', { path: { id }, query: { limit: 50, ...kindsOf(filter) } }, 'before')
export const tagsQuery = apiQuery('/api/tags')
export const fieldsQuery = apiQuery('/api/custom-fields')
export const stagesQuery = apiQuery('/api/lead-stages')

/** Shows the user's change at once, and not only when the event stream reports it. */
export function refresh(...roots: string[]): void {
  const set = new Set(roots)
  void queryClient.invalidateQueries({
    predicate: ({ queryKey: [path] }) => typeof path === 'string' && concerns(path, set),
  })
}
