import type { Query, QueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { outdatePreloads } from '../api/preloads'
import { takePosition } from '../start'
import { applyChanges } from './changes'
import { EventStream, type Signal, type Typing } from './source'
import type { Request } from './worker'

export type Connection = 'connecting' | 'open' | 'lost'

let connection: Connection = 'connecting'
let lostAt: number | undefined
const listeners = new Set<() => void>()
const signals = new Set<(signal: Signal) => void>()

function set(next: Connection, since?: number): void {
  if (next === connection) return
  // A page that was opened without a connection has no data that was ever current.
  lostAt = connection === 'open' ? since : undefined
  connection = next
  for (const listener of listeners) listener()
}

export const isLost = (): boolean => connection === 'lost'

export const useConnection = (): Connection => useSyncExternalStore(subscribe, () => connection)

/**
 * Returns until when, in ms, the page received all changes; undefined while it receives them, or if it never has.
 */
export const useLostAt = (): number | undefined => useSyncExternalStore(subscribe, () => lostAt)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * Calls `listener` with each signal of the stream, for state that is not fetched, such as typing. Returns a function
 * that removes the listener.
 */
export function onSignal(listener: (signal: Signal) => void): () => void {
  signals.add(listener)
  return () => signals.delete(listener)
}

export const onTyping = (listener: (typing: Typing) => void): (() => void) =>
  onSignal(signal => signal.type === 'typing' && listener(signal.data))

const hasFailed = ({ state }: Query): boolean =>
  state.status === 'error' || (state.isInvalidated && state.fetchStatus !== 'fetching')

/** Keeps the cache current. Returns a function that unsubscribes. */
export function followChanges(cache: QueryClient, onRefused: () => void): () => void {
  const receive = (signal: Signal) => {
    if (signal.type === 'changes' || signal.type === 'reset' || (signal.type === 'open' && !signal.isResumed))
      outdatePreloads()
    if (signal.type === 'open') {
      if (!signal.isResumed) {
        // Data that was fetched before the stream opened may have changed since.
        void cache.invalidateQueries()
      } else {
        // Requests during the outage failed, and no later change would trigger them again.
        void cache.refetchQueries({ type: 'active', predicate: hasFailed })
        // Another user may have logged in, in another tab.
        if (connection === 'lost') void cache.invalidateQueries({ queryKey: ['/api/session'] })
      }
      set('open')
    } else if (signal.type === 'waiting') {
      set('lost', signal.since)
    } else if (signal.type === 'refused') {
      set('lost', signal.since)
      onRefused()
    } else if (signal.type === 'reset') {
      void cache.invalidateQueries()
    } else if (signal.type === 'changes') {
      applyChanges(cache, signal.changes)
    }
    for (const listener of signals) listener(signal)
  }
  const after = takePosition()
  const stop = typeof SharedWorker === 'undefined' ? followAlone(receive, after) : followShared(receive, after)
  return () => {
    stop()
    connection = 'connecting'
    lostAt = undefined
  }
}

function followShared(receive: (signal: Signal) => void, after?: number): () => void {
  const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'events' })
  const ask = (request: Request) => worker.port.postMessage(request)
  worker.port.onmessage = (event: MessageEvent<Signal>) => receive(event.data)
  ask({ ask: 'start', after })
  const leave = (event: PageTransitionEvent) => ask({ ask: event.persisted ? 'stop' : 'leave' })
  const back = (event: PageTransitionEvent) => {
    if (!event.persisted) return
    ask({ ask: 'start' })
    // The page was frozen and received nothing meanwhile.
    receive({ type: 'reset' })
  }
  addEventListener('pagehide', leave)
  addEventListener('pageshow', back)
  return () => {
    removeEventListener('pagehide', leave)
    removeEventListener('pageshow', back)
    ask({ ask: 'leave' })
    worker.port.close()
  }
}

/**
 * Without shared workers (Android, older Safari), only a visible tab keeps a stream open, because a browser limits the
 * connections to a host. When the tab becomes visible again, the stream resumes from its position.
 */
function followAlone(receive: (signal: Signal) => void, after?: number): () => void {
  const stream = new EventStream(receive)
  let first = after
  const adapt = () => {
    if (document.visibilityState === 'hidden') return stream.stop()
    stream.start(first)
    first = undefined
  }
  adapt()
  document.addEventListener('visibilitychange', adapt)
  return () => {
    document.removeEventListener('visibilitychange', adapt)
    stream.stop()
  }
}
