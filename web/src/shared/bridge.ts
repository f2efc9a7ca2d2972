import { useQuery } from '@tanstack/react-query'
import { apiQuery } from './api/query'

/** The bridge's state is not part of the database, so no event reports it: it is requested while something on the screen depends on it. */
const ASK_EVERY_MS = 20_000

/** Why nothing goes out through the business's phone at the moment; null while something does, or while that is not known. */
export interface BridgeOutage {
  /** Since when; null if that is not known. */
  since: string | null
}

/** The outage of the way through the business's phone, if there is one; asks only while `isNeeded`. */
export function useBridgeOutage(isNeeded: boolean): BridgeOutage | null {
  const { data } = useQuery({
    ...apiQuery('/api/whatsapp/bridge'),
    enabled: isNeeded,
    refetchInterval: ASK_EVERY_MS,
    retry: false,
  })
  if (!isNeeded || !data?.enabled || data.connected) return null
  return { since: data.since ?? null }
}
