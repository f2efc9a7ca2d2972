import { useEffect } from 'react'
import { hasPassed, useNow } from '../format/clock'

/**
 * Fetches a list of future times again when one of them has passed. Waits until it has certainly passed by the daemon's
 * clock as well: an earlier request would get the same list, and nothing would trigger another one. The event stream
 * reports only changes of data, not the passing of time.
 */
export function useFetchAgain(times: readonly string[] | undefined, refetch: () => unknown): void {
  const now = useNow()
  const begun = times?.filter(at => hasPassed(at, now)).length ?? 0
  useEffect(() => {
    if (begun > 0) void refetch()
  }, [begun, refetch])
}
