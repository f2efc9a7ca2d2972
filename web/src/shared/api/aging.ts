import { useEffect } from 'react'
import { useNow } from '../format/clock'

/** Fetches again what shows future times, when one of them has begun: the passing of time is no change that the event stream names. */
export function useFetchAgain(times: readonly string[] | undefined, refetch: () => unknown): void {
  const now = useNow()
  const begun = times?.filter(at => new Date(at) < now).length ?? 0
  useEffect(() => {
    if (begun > 0) void refetch()
  }, [begun, refetch])
}
