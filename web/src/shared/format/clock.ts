import { useEffect, useState, useSyncExternalStore } from 'react'

/** The update interval of relative times, in ms. */
const TICK_MS = 20_000
/**
 * The difference between the clocks of the device and of the daemon, in ms, below which the page ignores it: the `Date`
 * header has whole seconds, and the response takes time.
 */
const TOLERANCE_MS = 5_000

/** The daemon's clock minus the device's, in ms. */
let ahead = 0
let now = new Date()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

/** By the daemon's clock, because all times that the page shows come from the daemon. */
export const serverNow = (): Date => fromDevice(Date.now())

export const fromDevice = (ms: number): Date => new Date(ms + ahead)

/** Returns true if a time has passed by `now` of this page, and certainly also by the daemon's clock. */
export const hasPassed = (at: string, now: Date): boolean => Date.parse(at) < now.getTime() - TOLERANCE_MS

/** `date` is the `Date` header of a response whose request was sent at `sentAt` (Unix ms). */
export function compareClocks(date: string | null, sentAt: number): void {
  const server = Date.parse(date ?? '')
  if (Number.isNaN(server)) return
  const found = server - (sentAt + Date.now()) / 2
  if (Math.abs(found - ahead) < TOLERANCE_MS) return
  ahead = Math.abs(found) < TOLERANCE_MS ? 0 : found
  tick()
}

function tick(): void {
  now = serverNow()
  for (const each of listeners) each()
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) now = serverNow()
  listeners.add(listener)
  timer ??= setInterval(tick, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** With a precision of 20 s. All components that use it re-render at the same time. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now)
}

export function useToday(format: { day: (at: Date) => string }): string {
  return useSyncExternalStore(subscribe, () => format.day(serverNow()))
}

/** In Unix ms, updated once a second. */
export function useSeconds(): number {
  const [now, setNow] = useState(() => serverNow().getTime())
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow().getTime()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}
