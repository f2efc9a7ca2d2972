import type { InfiniteData } from '@tanstack/react-query'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiPages, apiQuery, queryClient } from '#shared/api/query'
import type { CallOutcome } from '#shared/call-outcome'

// Short names for the API's types within this feature.
export type CallItem = Schemas['CallItem']
export type CallDetail = Schemas['CallDetail']
export type Task = Schemas['Task']
export type Turn = Schemas['Turn']
export type Recording = Schemas['Recording']

export interface CallFilter {
  outcome?: CallOutcome | undefined
  q?: string | undefined
}

export const callPages = (filter: CallFilter) => apiPages('/api/calls', { query: { limit: 50, ...filter } })

export const callsOf = (data: InfiniteData<Schemas['CallPage']>): CallItem[] => data.pages.flatMap(({ calls }) => calls)

/**
 * Returns the URL of a call, or of the list if `id` is null, with the filter of the list in `search`. Other parameters,
 * such as the position in a recording, belong to the call on the screen.
 */
export function callHref(id: number | null, search: string): string {
  const kept = [...new URLSearchParams(search)].filter(([name]) => name === 'outcome' || name === 'q')
  const query = new URLSearchParams(kept).toString()
  return `/app/calls${id === null ? '' : `/${id}`}${query && `?${query}`}`
}

export const callQuery = (id: number) => apiQuery('/api/calls/{id}', { path: { id } })

/** The query for all tasks about a call, including completed ones. */
export const tasksQuery = ({ id, contact_id }: CallDetail) =>
  apiQuery('/api/tasks', { query: { call_id: id, contact_id, state: 'all' } })

export const createTask = (body: Schemas['CreateTaskRequest'], key: string): Promise<Task> =>
  unwrap(client.POST('/api/tasks', { body, params: { header: { 'Idempotency-Key': key } } }))

export const deleteTask = (id: number) => unwrap(client.DELETE('/api/tasks/{id}', { params: { path: { id } } }))

/** Fetches tasks again, so that the page shows the user's change before the event stream reports it. */
export const refreshTasks = (): void => void queryClient.invalidateQueries({ queryKey: ['/api/tasks'] })
