import { useEffect, useState } from 'react'

/** Milliseconds since a call was answered, or announced if it was not, once a second. Every place that shows a live call uses it. */
export function useCallClock({ answered_at, started_at }: { answered_at?: string | null; started_at: string }): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return Math.max(0, now - Date.parse(answered_at ?? started_at))
}
