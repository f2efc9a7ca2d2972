// Shapes and requests of operations that docs/openapi.json does not describe yet.

import type { Schemas } from '#shared/api/client'
import { client, unwrap } from '#shared/api/client'

export type Turn = 'us' | 'agent' | 'done'
export type InboxFilter = 'all' | 'waiting' | 'agent' | 'archived'
export type Provider = 'twilio' | 'baileys'
export type MessageStatus = Schemas['MessageStatus']
export type MediaKind = Schemas['MediaKind']

export interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

export interface Draft {
  text: string
  updated_at: string
}

export interface TagName {
  id: number
  name: string
}

export interface LastMessage {
  id: number
  direction: 'in' | 'out'
  author?: string | null
  media_kind: MediaKind
  text: string
  status: MessageStatus
  created_at: string
}

export type CallOutcome = 'live' | 'answered' | 'message' | 'missed' | 'transferred' | 'booked' | 'failed'

export interface LastCall {
  id: number
  direction: 'in' | 'out'
  state: string
  outcome: CallOutcome
  missed: boolean
  duration_ms?: number | null
  started_at: string
  message_text?: string | null
}

/** The conversation with one contact, over all channels. */
export interface InboxRow {
  contact_id: number
  contact_name: string
  number?: string | null
  turn: Turn
  waiting_since?: string | null
  unread_count: number
  last_activity_at: string
  last?: { kind: string; message?: LastMessage | null; call?: LastCall | null } | null
  whatsapp_thread_id?: number | null
  call_thread_id?: number | null
  draft?: Draft | null
  archived_at?: string | null
  tags: TagName[]
}

export interface InboxCounts {
  waiting: number
  agent: number
  unread: number
}

export interface FileItem {
  position: number
  state: string
  url?: string | null
  mime?: string | null
  bytes?: number | null
  file_name?: string | null
  error?: string | null
  width?: number | null
  height?: number | null
  duration_ms?: number | null
  thumbhash?: string | null
  thumbnail_url?: string | null
}

/** A message with its files, reactions and edits. */
export type MessageItem = Omit<Schemas['MessageDetail'], 'files'> & { files: FileItem[] }

export interface CallItem {
  id: number
  thread_id: number
  direction: 'in' | 'out'
  state: string
  engine?: string | null
  outcome: CallOutcome
  missed: boolean
  has_audio: boolean
  summary_line?: string | null
  message_text?: string | null
  duration_ms?: number | null
  started_at: string
  answered_at?: string | null
}

export interface Note {
  id: number
  contact_id: number
  text: string
  author: string
  author_name?: string | null
  created_at: string
  deleted_at?: string | null
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

export interface Appointment {
  id: number
  service_name: string
  resource_name?: string | null
  starts_at: string
  ends_at: string
  state: 'booked' | 'cancelled' | 'done' | 'no_show'
  source: 'user' | 'agent'
  seen_at?: string | null
  price_minor?: number | null
}

export interface TimelineItem {
  kind: 'message' | 'call' | 'note' | 'task' | 'appointment' | 'merge'
  at: string
  message?: MessageItem | null
  call?: CallItem | null
  note?: Note | null
  task?: Task | null
  appointment?: Appointment | null
  merge?: { merge_id: number; contact_name: string; merged_at: string } | null
}

export interface Thread {
  id: number
  type: 'call' | 'whatsapp'
  peer_number: string
  unread_count: number
  ai_mode: 'off' | 'suggest' | 'auto' | 'paused'
  provider?: Provider | null
  turn?: Turn
  waiting_since?: string | null
  archived_at?: string | null
  draft?: Draft | null
}

export interface Contact {
  id: number
  display_name: string
  number?: string | null
  created_at: string
  opted_out?: boolean
  tags?: TagName[]
  addresses: { kind: string; value: string; former_at?: string | null }[]
  threads: Thread[]
  fields?: { field_id: number; name: string; kind: string; value: string | null }[]
}

export interface Route {
  provider: Provider | null
  template: boolean
  window_until?: string | null
  reason: string
  alternatives: { provider: Provider; template: boolean; possible: boolean; reason?: string | null }[]
  cost: 'free' | 'paid'
}

export interface SavedReply {
  id: number
  shortcut: string
  text: string
}

export interface Scheduled {
  id: number
  thread_id: number
  text: string
  media_id?: string | null
  send_at: string
  provider?: Provider | null
  state: 'waiting' | 'sent' | 'failed' | 'cancelled'
  message_id?: number | null
  error_code?: string | null
}

export interface Media {
  id: string
  mime: string
  bytes: number
  width?: number | null
  height?: number | null
  duration_ms?: number | null
  thumbnail_url?: string | null
  thumbhash?: string | null
}

export interface Peaks {
  duration_ms: number
  caller: number[]
  agent: number[]
}

type Init = { params?: unknown; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal }
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A request by its path's template, such as `/api/notes/{id}`. */
export const call = <T>(method: Method, path: string, init: Init = {}): Promise<T> =>
  unwrap((client[method] as unknown as (path: string, init: Init) => Promise<never>)(path, init))
