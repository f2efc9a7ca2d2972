import { useQuery } from '@tanstack/react-query'
import { apiQuery } from './api/query'

export interface BridgeOutage {
  /** When the outage began; null if this is not known. */
  since: string | null
}

/**
 * Null if there is no outage, or if the state is not known. The state is fetched only while `isNeeded` is true. A bridge
 * that refuses the daemon's secret may be connected itself, but takes no message.
 */
export function useBridgeOutage(isNeeded: boolean): BridgeOutage | null {
  const { data } = useQuery({ ...apiQuery('/api/whatsapp/bridge'), enabled: isNeeded, retry: false })
  if (!isNeeded || !data?.enabled) return null
  if (data.state === 'unauthorized') return { since: null }
  if (data.connected) return null
  return { since: data.since ?? null }
}
