import { useCallback, useEffect, useState } from 'react'
import { onTyping } from '#shared/events/stream'
import { useSession } from '#shared/session'
import { call } from './api'

/** How long a typing report is shown, in ms. */
const SHOWN_MS = 6_000
/** The minimum interval between two of our own typing reports, in ms. */
const PAUSE_MS = 3_000

/** Returns a function that gives the name of another user who is typing in a thread. */
export function useTypingIn(): (thread: number | null | undefined) => string | undefined {
  const own = useSession().user?.id
  const [names, setNames] = useState<ReadonlyMap<number, string>>(new Map())
  useEffect(() => {
    const timers = new Map<number, ReturnType<typeof setTimeout>>()
    const forget = (thread: number) => {
      timers.delete(thread)
      setNames(known => new Map([...known].filter(([id]) => id !== thread)))
    }
    const stop = onTyping(({ thread_id: thread, user_id, user_name }) => {
      if (user_id === own) return
      clearTimeout(timers.get(thread))
      timers.set(thread, setTimeout(forget, SHOWN_MS, thread))
      setNames(known => (known.get(thread) === user_name ? known : new Map(known).set(thread, user_name)))
    })
    return () => {
      stop()
      for (const timer of timers.values()) clearTimeout(timer)
    }
  }, [own])
  return useCallback(thread => (thread == null ? undefined : names.get(thread)), [names])
}

let reported = { thread: 0, at: 0 }

export function reportTyping(thread: number): void {
  const now = performance.now()
  if (reported.thread === thread && now - reported.at < PAUSE_MS) return
  reported = { thread, at: now }
  // A failure is ignored, because the report is optional.
  call('POST', '/api/threads/{id}/typing', { params: { path: { id: thread } } }).catch(() => undefined)
}
