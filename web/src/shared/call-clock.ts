import { useSeconds } from './format/clock'

/**
 * Returns the milliseconds since a call was answered (or started, if it was not answered), updated once a second.
 * Components that show the running time of a live call use this hook, so that all count from the same moment.
 */
export function useCallClock({ answered_at, started_at }: { answered_at?: string | null; started_at: string }): number {
  return Math.max(0, useSeconds() - Date.parse(answered_at ?? started_at))
}
