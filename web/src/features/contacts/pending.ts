// Shapes and requests of the API that docs/openapi.json does not describe yet.
import type { InfiniteData, UseQueryOptions } from '@tanstack/react-query'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiPages, apiQuery, queryClient } from '#shared/api/query'
import type { CallOutcome } from '#shared/call-outcome'
import { concerns } from '#shared/events/changes'

export interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

export interface Tag {
  id: number
  name: string
  contact_count?: number
}

/** A contact as lists show it. */
export interface Contact {
  id: number
  display_name: string
  created_at: string
  number?: string | null
  last_activity_at?: string | null
  tags: Tag[]
  opted_out: boolean
  unread_count: number
}

export type FieldKind = 'text' | 'number' | 'date' | 'choice' | 'flag'

export interface CustomField {
  id: number
  name: string
  kind: FieldKind
  choices: string[]
}

export interface FieldValue {
  field_id: number
  name: string
  kind: FieldKind
  value: string
}

export interface Merged {
  merge_id: number
  contact_name: string
  merged_at: string
}

/** A contact with all that is known. */
export interface ContactDetail extends Contact {
  language?: string | null
  addresses: Schemas['Address'][]
  threads: Schemas['Thread'][]
  fields: FieldValue[]
  merged: Merged[]
  open_tasks: number
}

export interface Note {
  id: number
  contact_id: number
  text: string
  author: string
  author_name?: string | null
  created_at: string
  updated_at: string
}

export interface Task {
  id: number
  title: string
  contact_id?: number | null
  due_at?: string | null
  due_date?: string | null
  assignee_name?: string | null
  source: 'user' | 'agent'
  created_at: string
  done_at?: string | null
}

export interface Stage {
  id: number
  key?: string | null
  name?: string | null
  outcome: '' | 'won' | 'lost'
  position: number
  lead_count: number
}

export interface Lead {
  id: number
  contact_id: number
  contact_name?: string | null
  title: string
  stage_id: number
  value_minor?: number | null
  source: string
  updated_at: string
}

export interface Appointment {
  id: number
  service_name?: string | null
  resource_name?: string | null
  starts_at: string
  ends_at: string
  state: 'booked' | 'cancelled' | 'done' | 'no_show'
  source: 'user' | 'agent'
  price_minor?: number | null
}

export type CallItem = Schemas['Call'] & { outcome: CallOutcome; summary_line?: string | null; has_audio: boolean }
export type Message = Schemas['MessageDetail']

/** An entry of a contact's timeline; it has the field that `kind` names. */
export interface TimelineItem {
  kind: 'message' | 'call' | 'note' | 'task' | 'appointment' | 'merge'
  at: string
  message?: Message | null
  call?: CallItem | null
  note?: Note | null
  task?: Task | null
  appointment?: Appointment | null
  merge?: Merged | null
}

export type Sort = 'activity' | 'name' | 'created'

export interface ContactFilter {
  q?: string | undefined
  tag_id?: number | undefined
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

/** A request to an operation that the generated types do not know. */
export const request = <T = unknown>(method: Method, path: string, init: Init = {}): Promise<T> =>
  unwrap((client[method] as unknown as (path: string, init: unknown) => Promise<never>)(path, init))

/** A query of an operation that the generated types do not know. */
function query<T>(path: string, params: object = {}): UseQueryOptions<T> {
  return apiQuery(path as never, params as never) as unknown as UseQueryOptions<T>
}

export const contactPage = (filter: ContactFilter, signal: AbortSignal) =>
  request<Page<Contact>>('GET', '/api/contacts', { params: { query: { ...filter } }, signal })
export const contactPages = (filter: ContactFilter) =>
  apiPages('/api/contacts', { query: { limit: 50, ...filter } as never })
export const itemsOf = <T>(data: InfiniteData<unknown>): T[] => (data.pages as Page<T>[]).flatMap(({ items }) => items)
export const contactQuery = (id: number) => query<ContactDetail>('/api/contacts/{id}', { path: { id } })
export const timelinePages = (id: number) =>
  apiPages('/api/contacts/{id}/timeline' as never, { path: { id }, query: { limit: 50 } } as never, 'before')
export const tagsQuery = query<Page<Tag>>('/api/tags')
export const fieldsQuery = query<Page<CustomField>>('/api/custom-fields')
export const tasksQuery = (contact: number) =>
  query<Page<Task>>('/api/tasks', { query: { contact_id: contact, state: 'open' } })
export const allTasksQuery = (contact: number) =>
  query<Page<Task>>('/api/tasks', { query: { contact_id: contact, state: 'all', limit: 200 } })
export const notesQuery = (contact: number) =>
  query<Page<Note>>('/api/contacts/{id}/notes', { path: { id: contact }, query: { limit: 200 } })
export const stagesQuery = query<Page<Stage>>('/api/lead-stages')
export const leadsQuery = (contact?: number) =>
  query<Page<Lead>>('/api/leads', { query: contact === undefined ? { limit: 200 } : { contact_id: contact } })

/** Marks what lies below these paths as out of date: what the user has done is shown before the stream reports it. */
export function refresh(...roots: string[]): void {
  const set = new Set(roots)
  void queryClient.invalidateQueries({
    predicate: ({ queryKey: [path] }) => typeof path === 'string' && concerns(path, set),
  })
}
