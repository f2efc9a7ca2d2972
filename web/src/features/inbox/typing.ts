import { useCallback, useEffect, useState } from 'react'
import { onTyping } from '#shared/events/stream'
import { useSession } from '#shared/session'
import { call } from './api'

/** The daemon tells each keystroke's report for this long. */
const SHOWN_MS = 6_000
/** Reports of our own are at least this far apart. */
const PAUSE_MS = 3_000

/** Who else is writing, by thread. */
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

/** Tells the other users that this one is writing. */
export function reportTyping(thread: number): void {
  const now = performance.now()
  if (reported.thread === thread && now - reported.at < PAUSE_MS) return
  reported = { thread, at: now }
  // Nothing depends on it.
  call('POST', '/api/threads/{id}/typing', { params: { path: { id: thread } } }).catch(() => undefined)
}
