import type { QueryClient } from '@tanstack/react-query'
import { client, type Schemas, unwrap } from '#shared/api/client'
import type { Formatter } from '#shared/format/time'

export type Task = Schemas['Task']

const at = (id: number) => ({ params: { path: { id } } })

export const markDone = (id: number) => unwrap(client.POST('/api/tasks/{id}/done', at(id)))
export const reopen = (id: number) => unwrap(client.POST('/api/tasks/{id}/reopen', at(id)))

/** On other devices, the event stream does the same. */
export const refresh = (cache: QueryClient): void => void cache.invalidateQueries({ queryKey: ['/api/tasks'] })

/** A day without a time is represented by its noon (UTC). */
export const dueOf = ({ due_at, due_date }: Task): string | null =>
  due_at ?? (due_date ? `${due_date}T12:00:00Z` : null)

/** A task without a time of day is overdue only from the next day on. */
export function isLate(task: Task, now: Date, format: Formatter): boolean {
  if (task.done_at) return false
  if (task.due_at) return new Date(task.due_at) < now
  return task.due_date ? task.due_date < format.day(now) : false
}

export type Group = 'late' | 'today' | 'later' | 'some_day'

export function groupOf(task: Task, now: Date, format: Formatter): Group {
  const due = dueOf(task)
  if (due === null) return 'some_day'
  if (isLate(task, now, format)) return 'late'
  const day = task.due_date ?? format.day(due)
  return day <= format.day(now) ? 'today' : 'later'
}

/** The tasks that are due today or overdue, and those without a date. */
export const openToday = (tasks: readonly Task[], now: Date, format: Formatter): Task[] =>
  tasks.filter(task => groupOf(task, now, format) !== 'later')
