import type { Query, QueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { takePosition } from '../start'
import { applyChanges } from './changes'
import { EventStream, type Signal, type Typing } from './source'
import type { Request } from './worker'

/** The state of the connection to the daemon, as the page sees it. */
export type Connection = 'connecting' | 'open' | 'lost'

let connection: Connection = 'connecting'
const listeners = new Set<() => void>()
const signals = new Set<(signal: Signal) => void>()

function set(next: Connection): void {
  if (next === connection) return
  connection = next
  for (const listener of listeners) listener()
}

/** Whether the page receives changes at this moment. */
export function useConnection(): Connection {
  return useSyncExternalStore(
    listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => connection,
  )
}

/** Calls `listener` with each signal of the stream: for what is shown without being fetched, such as typing. */
export function onSignal(listener: (signal: Signal) => void): () => void {
  signals.add(listener)
  return () => signals.delete(listener)
}

/** Calls `listener` when a person types in a thread. */
export const onTyping = (listener: (typing: Typing) => void): (() => void) =>
  onSignal(signal => signal.type === 'typing' && listener(signal.data))

const hasFailed = ({ state }: Query): boolean =>
  state.status === 'error' || (state.isInvalidated && state.fetchStatus !== 'fetching')

/** Follows the daemon's changes, and keeps the cache current; returns what ends it. */
export function followChanges(cache: QueryClient, onRefused: () => void): () => void {
  const receive = (signal: Signal) => {
    if (signal.type === 'open') {
      if (!signal.isResumed) {
        // What was fetched before the stream was open may have changed unseen.
        void cache.invalidateQueries({ predicate: ({ queryKey: [path] }) => path !== '/api/session' })
      } else {
        // What was asked for during the outage has failed, and no change will name it again.
        void cache.refetchQueries({ type: 'active', predicate: hasFailed })
      }
      set('open')
    } else if (signal.type === 'waiting') {
      set('lost')
    } else if (signal.type === 'refused') {
      set('lost')
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
    // Nothing was received while the page was frozen.
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
 * Without shared workers (Android, older Safari) only a visible tab holds a stream, so that no tab blocks another. When it is visible
 * again, the stream continues at its position.
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
