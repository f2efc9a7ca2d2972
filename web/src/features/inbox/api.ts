import { client, type Schemas, unwrap } from '#shared/api/client'
import type { paths } from '#shared/api/schema'

export type InboxFilter = 'all' | 'waiting' | 'agent' | 'archived' | 'undelivered'
export type Provider = Schemas['Provider']
export type MessageStatus = Schemas['MessageStatus']
export type MediaKind = Schemas['MediaKind']
export type Draft = Schemas['Draft']
export type LastMessage = Schemas['LastMessage']
export type LastCall = Schemas['LastCall']
export type InboxRow = Schemas['InboxRow']
export type FileItem = Schemas['MessageFile']
export type MessageItem = Schemas['MessageDetail']
export type CallItem = Schemas['CallItem']
export type CallOutcome = Schemas['CallOutcome']
export type Note = Schemas['Note']
export type Task = Schemas['Task']
export type Appointment = Schemas['Appointment']
export type Thread = Schemas['Thread']
export type Contact = Schemas['ContactDetail']
export type ContactItem = Schemas['Contact']
export type Route = Schemas['MessageRoute']
export type SavedReply = Schemas['SavedReply']
export type Scheduled = Schemas['ScheduledMessage']
export type Media = Schemas['UploadedFile']

export type TimelineItem = Schemas['TimelineItem']

/** The last page has no `next_cursor`; only timelines have a `previous_cursor`. */
export interface Page<T> {
  items: T[]
  next_cursor?: string | null
  previous_cursor?: string | null
}

interface Init {
  params?: { path?: Record<string, number>; query?: Record<string, unknown> }
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** `init` fills the template `path`, such as `/api/notes/{id}`. Throws an `ApiError` if the request fails. */
export const call = <T>(method: Method, path: keyof paths, init: Init = {}): Promise<T> =>
  unwrap((client[method] as unknown as (path: string, init: Init) => Promise<never>)(path, init))
