import { useSyncExternalStore } from 'react'

/** The update interval of relative times, in ms. */
const TICK_MS = 20_000
let now = new Date()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) now = new Date()
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = new Date()
    for (const each of listeners) each()
  }, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** Returns the current time with a precision of 20 s. All components that use it re-render at the same time. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now)
}
