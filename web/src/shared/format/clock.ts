import { useSyncExternalStore } from 'react'

/** How often relative times are updated. */
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

/** The current time, to 20 s; all components that use it are rendered again together. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now)
}
