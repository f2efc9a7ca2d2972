import type { MessageItem } from '../api'

/** A queued message is usually sent within this time, in ms. */
export const USUAL_MS = 10_000
/** The attempts of a message are closer together, in ms, unless a daily limit postpones it. */
const MAX_RETRY_MS = 5 * 60_000

export type Wait =
  /** The daily limit of first messages has postponed the message until this time. */
  | { reason: 'limit'; until: string }
  /** What the daemon reports: a decision, a confirmation, or an earlier message. */
  | { reason: NonNullable<MessageItem['waits_for']> }
  /** The provider cannot be reached. */
  | { reason: 'failure' }

/** Why a message is still queued. Undefined for a message that is not queued, or not for longer than usual. */
export function waitOf(
  message: Pick<MessageItem, 'status' | 'created_at' | 'next_attempt_at' | 'waits_for'>,
  now: number,
): Wait | undefined {
  const { status, created_at, next_attempt_at: next, waits_for } = message
  if (status !== 'queued') return undefined
  if (waits_for === 'owner') return { reason: waits_for }
  if (next != null && Date.parse(next) - now > MAX_RETRY_MS) return { reason: 'limit', until: next }
  if (now - Date.parse(created_at) < USUAL_MS) return undefined
  return { reason: waits_for ?? 'failure' }
}
