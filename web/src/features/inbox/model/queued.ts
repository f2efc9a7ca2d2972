import type { MessageItem } from '../api'

/** A queued message is usually sent within this time, in ms. */
export const USUAL_MS = 10_000
/** The attempts of a message are closer together, in ms, unless a daily limit postpones it. */
const MAX_RETRY_MS = 5 * 60_000

export interface Wait {
  /** Whether the daily limit of first messages has postponed the message. */
  isPostponed: boolean
  /** When the next attempt is due; null if it is due now. */
  until: string | null
}

/** Why a message is still queued. Undefined for a message that is not queued, or not for longer than usual. */
export function waitOf(
  { status, created_at, next_attempt_at: next }: Pick<MessageItem, 'status' | 'created_at' | 'next_attempt_at'>,
  now: number,
): Wait | undefined {
  if (status !== 'queued') return undefined
  const inMs = next == null ? 0 : Date.parse(next) - now
  const isPostponed = inMs > MAX_RETRY_MS
  if (!isPostponed && now - Date.parse(created_at) < USUAL_MS) return undefined
  return { isPostponed, until: inMs > 0 ? (next ?? null) : null }
}
