import { useQuery } from '@tanstack/react-query'
import { apiQuery } from './api/query'

/** Why nothing goes out through the business's phone at the moment; null while something does, or while that is not known. */
export interface BridgeOutage {
  /** Since when; null if that is not known. */
  since: string | null
}

/** The outage of the way through the business's phone, if there is one. Fetched only while `isNeeded`; `bridge_updated` reports changes. */
export function useBridgeOutage(isNeeded: boolean): BridgeOutage | null {
  const { data } = useQuery({ ...apiQuery('/api/whatsapp/bridge'), enabled: isNeeded, retry: false })
  if (!isNeeded || !data?.enabled || data.connected) return null
  return { since: data.since ?? null }
}
