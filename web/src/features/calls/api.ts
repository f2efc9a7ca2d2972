import type { InfiniteData } from '@tanstack/react-query'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiPages, apiQuery, queryClient } from '#shared/api/query'
import type { CallOutcome } from '#shared/call-outcome'

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

/** Keeps only the filter of the list; other parameters, such as a position, belong to the call on the screen. */
export function callHref(id: number | null, search: string): string {
  const kept = [...new URLSearchParams(search)].filter(([name]) => name === 'outcome' || name === 'q')
  const query = new URLSearchParams(kept).toString()
  return `/app/calls${id === null ? '' : `/${id}`}${query && `?${query}`}`
}

export const callQuery = (id: number) => apiQuery('/api/calls/{id}', { path: { id } })

export const tasksQuery = ({ id, contact_id }: CallDetail) =>
  apiQuery('/api/tasks', { query: { call_id: id, contact_id, state: 'all' } })

export const createTask = (body: Schemas['CreateTaskRequest'], key: string): Promise<Task> =>
  unwrap(client.POST('/api/tasks', { body, params: { header: { 'Idempotency-Key': key } } }))

export const deleteTask = (id: number) => unwrap(client.DELETE('/api/tasks/{id}', { params: { path: { id } } }))

/** Shows the user's change at once, and not only when the event stream reports it. */
export const refreshTasks = (): void => void queryClient.invalidateQueries({ queryKey: ['/api/tasks'] })
