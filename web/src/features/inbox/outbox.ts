import { useMemo, useSyncExternalStore } from 'react'
import { newKey, raw } from '#shared/api/client'
import { asApiError } from '#shared/api/errors'
import { recall, remember } from '#shared/storage'
import { onMoveUnsent } from '#shared/unsent'
import { call, type Media, type Provider } from './api'
import type { Reply } from './model/reply'

export interface Outgoing {
  /** The `Idempotency-Key`: however often the request is repeated, it creates one message. */
  key: string
  userId: number
  contactId: number
  to: string
  text: string
  media?: { id: string; mime: string; name: string; width: number | null; height: number | null }
  provider: 'auto' | Provider
  /** The quoted message. */
  reply?: Reply
  /** When the message was written, and the earliest time at which it is sent (Unix ms). */
  at: number
  sendAt: number
  state: 'held' | 'sending' | 'waiting' | 'sent' | 'failed'
  messageId?: number
  error?: { code: string; message: string }
}

/**
 * The key for resending a message that failed. Because it is derived from the message, repeated clicks, other tabs and
 * other users create one message, whichever providers they choose. If that message fails as well, it is resent with a
 * key of its own.
 */
export const againKey = (messageId: number) => `again-${messageId}`

export const resentBy = ({ key }: Pick<Outgoing, 'key'>): number | undefined => {
  const id = /^again-(\d+)/.exec(key)?.[1]
  return id === undefined ? undefined : Number(id)
}

/** The last 50 messages of which this browser knows that they were sent again. */
export const sentAgain = () => (recall('again') ?? '').split(',').filter(Boolean).map(Number)

function rememberAgain(id: number | undefined): void {
  if (id !== undefined) remember('again', [...sentAgain().slice(-49), id].join())
}

/** The age, in ms, from which an unsent message is not sent until the user decides. */
const TOO_OLD_MS = 6 * 24 * 3_600_000
const TOO_OLD = 'too_old'

/** How long a message can still be stopped, in ms. */
export const HOLD_MS = 3_000
/** The maximum delay between two attempts without a connection, in ms. */
const SLOWEST_RETRY_MS = 30_000
/** A sent message that the timeline does not show within this time is dropped, in ms. */
const FORGET_MS = 60_000

let entries: readonly Outgoing[] = []
let userId = 0
let timer: ReturnType<typeof setTimeout> | undefined
let failures = 0
const running = new Set<number>()
/** The keys of the messages that were written on this page, not on one in another tab. */
const written = new Set<string>()
const listeners = new Set<() => void>()

function load(): readonly Outgoing[] {
  try {
    const stored = JSON.parse(recall('outgoing') ?? '[]') as Outgoing[]
    return stored.map(entry => (entry.state === 'sending' ? { ...entry, state: 'waiting' } : entry))
  } catch {
    return []
  }
}

function set(next: readonly Outgoing[]): void {
  entries = next
  remember('outgoing', next.length > 0 ? JSON.stringify(next) : null)
  for (const listener of listeners) listener()
}

const change = (key: string, part: Partial<Outgoing>) =>
  set(entries.map(entry => (entry.key === key ? { ...entry, ...part } : entry)))

const own = () => entries.filter(entry => entry.userId === userId)

/** Sends one message at a time for each contact, in the order in which they were written. */
function work(): void {
  clearTimeout(timer)
  if (userId === 0) return
  const now = Date.now()
  let next = Number.POSITIVE_INFINITY
  const seen = new Set<number>()
  for (const entry of own()) {
    if (entry.state === 'sent' || entry.state === 'failed' || seen.has(entry.contactId)) continue
    seen.add(entry.contactId)
    if (entry.state === 'held' && entry.sendAt > now) next = Math.min(next, entry.sendAt - now)
    else if (!running.has(entry.contactId)) void send(entry)
  }
  if (Number.isFinite(next)) timer = setTimeout(work, next)
}

const bodyOf = ({ to, text, media, provider, reply }: Outgoing) => ({
  to,
  provider,
  ...(text && { text }),
  ...(media && { media_id: media.id }),
  ...(reply && { reply_to: reply.id }),
})

async function send(entry: Outgoing): Promise<void> {
  running.add(entry.contactId)
  change(entry.key, { state: 'sending' })
  try {
    const { message_id: messageId } = await call<{ message_id: number }>('POST', '/api/whatsapp/send', {
      body: bodyOf(entry),
      headers: { 'Idempotency-Key': entry.key },
    })
    failures = 0
    change(entry.key, { state: 'sent', messageId })
    rememberAgain(resentBy(entry))
    setTimeout(() => outbox.drop([entry.key]), FORGET_MS)
  } catch (reason) {
    const error = asApiError(reason)
    if (error.status === 401 || error.code === 'csrf') {
      // The session has ended, or another user has logged in. The message waits for this user's next session.
      change(entry.key, { state: 'waiting' })
    } else if (error.isTransient) {
      change(entry.key, { state: 'waiting' })
      setTimeout(work, Math.min(SLOWEST_RETRY_MS, 1_000 * 2 ** failures++))
    } else if (error.code === 'key_reused' && resentBy(entry) !== undefined) {
      // The message was already sent again by another provider, so this entry must not become a second message.
      rememberAgain(resentBy(entry))
      outbox.drop([entry.key])
    } else {
      change(entry.key, { state: 'failed', error: { code: error.code, message: error.message } })
    }
  } finally {
    running.delete(entry.contactId)
    if (entries.find(({ key }) => key === entry.key)?.state !== 'waiting') work()
  }
}

/** The queue of messages to the daemon. This browser stores them until the daemon has accepted them. */
export const outbox = {
  /** The message is sent after 3 s. If a message with the same key is queued already, returns that one. */
  add(made: Pick<Outgoing, 'contactId' | 'to' | 'text' | 'provider' | 'media' | 'reply'> & { key?: string }): Outgoing {
    const known = entries.find(({ key }) => key === made.key)
    if (known) return known
    const at = Date.now()
    const entry: Outgoing = { key: newKey(), ...made, userId, at, sendAt: at + HOLD_MS, state: 'held' }
    written.add(entry.key)
    set([...entries, entry])
    work()
    return entry
  },
  /**
   * Withdraws a message that was not sent yet, or was refused. A message in state `waiting` cannot be withdrawn: the
   * daemon may have accepted it although the response was lost.
   */
  stop(key: string): Outgoing | undefined {
    const entry = entries.find(entry => entry.key === key)
    if (entry?.state !== 'held' && entry?.state !== 'failed') return undefined
    outbox.drop([key])
    return withoutRefusedQuote(entry)
  },
  /**
   * A refused message is sent as a new message with a new key. A message that became too old keeps its key if the
   * provider stays the same, because the daemon may have the message already. A message that resends a failed one
   * always keeps its key, because another user may have resent it too.
   */
  retry(key: string, provider?: Provider): void {
    const entry = entries.find(entry => entry.key === key)
    if (!entry) return
    const { error, ...rest } = withoutRefusedQuote(entry)
    const now = Date.now()
    const isTooOld = error?.code === TOO_OLD
    const keepsKey = resentBy(entry) !== undefined || (isTooOld && !provider)
    set([
      ...entries.filter(other => other.key !== key),
      {
        ...rest,
        key: keepsKey ? key : newKey(),
        at: isTooOld ? now : entry.at,
        provider: provider ?? entry.provider,
        sendAt: now,
        state: 'held',
      },
    ])
    work()
  },
  drop(keys: readonly string[]): void {
    if (entries.some(({ key }) => keys.includes(key))) set(entries.filter(({ key }) => !keys.includes(key)))
  },
  /** Withdraws the messages to a contact, except one that the daemon is receiving. */
  forget(contactId: number): void {
    outbox.drop(own().flatMap(entry => (entry.contactId === contactId && entry.state !== 'sending' ? entry.key : [])))
  },
  /** Shows the messages to a merged contact with those to the contact that was kept. */
  move(from: number, to: number): void {
    if (!own().some(({ contactId }) => contactId === from)) return
    set(
      entries.map(entry => (entry.contactId === from && entry.userId === userId ? { ...entry, contactId: to } : entry)),
    )
  },
  shown(ids: ReadonlySet<number>): void {
    outbox.drop(own().flatMap(entry => (entry.messageId !== undefined && ids.has(entry.messageId) ? entry.key : [])))
  },
  /** Sends the messages of this user, including those that an earlier page has left. */
  start(user: number): () => void {
    userId = user
    // The module was loaded before the login. Since then, other tabs may have stored messages, or sent them.
    set(
      load()
        .filter(entry => entry.state !== 'sent')
        .map(failIfTooOld),
    )
    work()
    const reload = () => {
      entries = load()
      for (const listener of listeners) listener()
    }
    const adopt = (event: StorageEvent) => {
      if (event.key?.endsWith('.outgoing')) reload()
    }
    // While the page is in the back/forward cache, its requests end and it learns nothing of the other tabs.
    const resume = (event: PageTransitionEvent) => {
      if (!event.persisted) return
      reload()
      work()
    }
    addEventListener('storage', adopt)
    addEventListener('online', work)
    addEventListener('pagehide', leave)
    addEventListener('pageshow', resume)
    document.addEventListener('visibilitychange', hide)
    return () => {
      userId = 0
      clearTimeout(timer)
      removeEventListener('storage', adopt)
      removeEventListener('online', work)
      removeEventListener('pagehide', leave)
      removeEventListener('pageshow', resume)
      document.removeEventListener('visibilitychange', hide)
    }
  },
  /** Retries the messages that wait for a connection, without further delay. */
  flush: () => {
    failures = 0
    work()
  },
}

/** A message that cannot be quoted, such as a deleted one, is not quoted by another attempt either. */
function withoutRefusedQuote(entry: Outgoing): Outgoing {
  if (entry.error?.code !== 'reply_to_unknown') return entry
  const { reply: _, ...rest } = entry
  return rest
}

/** Marks an unsent message as failed if it is days old: it may be out of date, so the user decides. */
function failIfTooOld(entry: Outgoing): Outgoing {
  if (entry.state === 'failed' || Date.now() - entry.at < TOO_OLD_MS) return entry
  return { ...entry, state: 'failed', error: { code: TOO_OLD, message: '' } }
}

/**
 * When the user closes the page, its held messages are sent immediately, because the user can no longer stop them. The
 * idempotency key makes a second attempt harmless.
 */
function leave(): void {
  for (const entry of own()) {
    if (entry.state !== 'held' || !written.has(entry.key)) continue
    change(entry.key, { state: 'waiting' })
    void raw('/api/whatsapp/send', {
      method: 'POST',
      keepalive: true,
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': entry.key },
      body: JSON.stringify(bodyOf(entry)),
    }).catch(() => undefined)
  }
}

/**
 * A phone can suspend a hidden page at once and close it later without an event, so hiding counts as leaving. If the
 * page continues to run, or when it is shown again, the messages are sent once more to learn the results.
 */
function hide(): void {
  if (document.visibilityState === 'visible' || !matchMedia('(pointer: coarse)').matches) return
  leave()
  clearTimeout(timer)
  timer = setTimeout(work, HOLD_MS)
}

onMoveUnsent((from, to) => outbox.move(from, to))

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Also contains the messages that became too old. */
export function useRefused(): readonly Outgoing[] {
  const all = useSyncExternalStore(subscribe, () => entries)
  return useMemo(() => all.filter(entry => entry.state === 'failed' && entry.userId === userId), [all])
}

export function useOutgoing(contactId: number): readonly Outgoing[] {
  const all = useSyncExternalStore(subscribe, () => entries)
  return useMemo(() => all.filter(entry => entry.contactId === contactId && entry.userId === userId), [all, contactId])
}

export const mediaOf = (media: Pick<Media, 'id' | 'mime' | 'width' | 'height'>, name: string): Outgoing['media'] => ({
  id: media.id,
  mime: media.mime,
  name,
  width: media.width ?? null,
  height: media.height ?? null,
})
