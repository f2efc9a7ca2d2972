import { useQuery } from '@tanstack/react-query'
import { apiQuery } from './api/query'

/** An outage of sending through the business's phone (the WhatsApp bridge). */
export interface BridgeOutage {
  /** When the outage began; null if this is not known. */
  since: string | null
}

/**
 * Returns the outage of the WhatsApp bridge; null if there is none or the state is not known. The state is fetched only
 * while `isNeeded` is true; the event `bridge_updated` reports changes.
 */
export function useBridgeOutage(isNeeded: boolean): BridgeOutage | null {
  const { data } = useQuery({ ...apiQuery('/api/whatsapp/bridge'), enabled: isNeeded, retry: false })
  if (!isNeeded || !data?.enabled || data.connected) return null
  return { since: data.since ?? null }
}
