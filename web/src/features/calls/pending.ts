// Shapes of the API that docs/openapi.json does not describe yet.
import type { InfiniteData } from '@tanstack/react-query'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiPages, apiQuery } from '#shared/api/query'
import type { CallOutcome } from '#shared/call-outcome'

/** A call as lists show it. */
export type CallItem = Schemas['Call'] & {
  contact_id: number
  contact_name: string
  outcome: CallOutcome
  /** One line about what it was about. */
  summary_line?: string | null
  has_audio: boolean
}

export type Turn = Schemas['Turn']
export type Recording = Schemas['Recording']

/** A call with its turns and recordings. */
export type CallDetail = CallItem & { turns: Turn[]; recordings: Recording[] }

export interface CallPage {
  calls: CallItem[]
  next_cursor?: string | null
}

/** What the list shows. */
export interface CallFilter {
  outcome?: CallOutcome | undefined
  q?: string | undefined
}

export const callPages = (filter: CallFilter) => apiPages('/api/calls', { query: { limit: 50, ...filter } as never })

export const callsOf = (data: InfiniteData<unknown>): CallItem[] =>
  (data.pages as CallPage[]).flatMap(({ calls }) => calls)

export const callQuery = (id: number) => apiQuery('/api/calls/{id}', { path: { id } })

interface Task {
  id: number
}

/** Creates a task; the answer is the task. */
export const createTask = (task: { title: string; contact_id: number; call_id: number }): Promise<Task> =>
  unwrap((client.POST as (path: string, init: unknown) => Promise<never>)('/api/tasks', { body: task }))

export const deleteTask = (id: number): Promise<unknown> =>
  unwrap(
    (client.DELETE as (path: string, init: unknown) => Promise<never>)('/api/tasks/{id}', { params: { path: { id } } }),
  )
