import type { InfiniteData } from '@tanstack/react-query'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiPages, apiQuery } from '#shared/api/query'
import type { CallOutcome } from '#shared/call-outcome'

// The names of the API's types within this feature.
export type CallItem = Schemas['CallItem']
export type CallDetail = Schemas['CallDetail']
export type Turn = Schemas['Turn']
export type Recording = Schemas['Recording']

/** What the list shows. */
export interface CallFilter {
  outcome?: CallOutcome | undefined
  q?: string | undefined
}

export const callPages = (filter: CallFilter) => apiPages('/api/calls', { query: { limit: 50, ...filter } })

export const callsOf = (data: InfiniteData<Schemas['CallPage']>): CallItem[] => data.pages.flatMap(({ calls }) => calls)

export const callQuery = (id: number) => apiQuery('/api/calls/{id}', { path: { id } })

/** Creates a task; the answer is the task. */
export const createTask = (body: Schemas['CreateTaskRequest']): Promise<Schemas['Task']> =>
  unwrap(client.POST('/api/tasks', { body }))

export const deleteTask = (id: number) => unwrap(client.DELETE('/api/tasks/{id}', { params: { path: { id } } }))
