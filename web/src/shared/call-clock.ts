import { useSeconds } from './format/clock'

/** The milliseconds since the call was answered (or started, if it was not answered), updated once a second. */
export function useCallClock({ answered_at, started_at }: { answered_at?: string | null; started_at: string }): number {
  return Math.max(0, useSeconds() - Date.parse(answered_at ?? started_at))
}
