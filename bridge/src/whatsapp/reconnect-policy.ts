import { backOff, spread } from '../back-off.ts'
import type { LinkState } from './link-state.ts'

export type ReconnectDecision =
  /** Connect again after a delay (ms). */
  | { readonly kind: 'retry'; readonly state: LinkState; readonly afterMs: number }
  /** Archive the session and request a new QR code. */
  | { readonly kind: 'end_link' }
  /** Do nothing until a client requests a connection. */
  | { readonly kind: 'stop'; readonly state: LinkState }

export interface ConnectionEnd {
  /** The code of the reason, from WhatsApp or Baileys. */
  readonly code: number | undefined
  readonly paired: boolean
  /** Whether all QR codes of a round, or all codes of a pairing by code, have been shown. */
  readonly codesUsedUp: boolean
  /** The number of consecutive connections that ended before they were useful; this one counts in any case. */
  readonly failures: number
  /** The number of consecutive connections that ended with `restartRequired`, including this one. */
  readonly restarts: number
  /**
   * A random number from 0 to 1 for the jitter: two bridges that lose the connection at the same time must not
   * reconnect at the same time.
   */
  readonly chance: number
}

/**
 * Decides what to do after a connection has ended. The codes are those of Baileys' `DisconnectReason` and of WhatsApp's
 * `<failure>` and `<stream:error>` stanzas. No code leads to a tight loop: a back-off delays every reconnect,
 * except for the first `restartRequired`s, which are part of pairing.
 */
export function decideReconnect(end: ConnectionEnd): ReconnectDecision {
  const { code, paired, failures, chance } = end
  const retry = (state: LinkState, afterMs: number): ReconnectDecision => ({ kind: 'retry', state, afterMs })
  if (!paired && end.codesUsedUp) return { kind: 'stop', state: 'unpaired' }
  switch (code) {
    case 515: // restartRequired: the end of a successful pairing
      return retry('connecting', end.restarts <= 3 ? 0 : backOff(end.restarts, chance))
    case 401: // loggedOut: removed on the phone, or unused for too long
      return paired ? { kind: 'end_link' } : retry('connecting', backOff(failures, chance))
    case 440: // connectionReplaced: an immediate reconnect would make both clients replace each other endlessly
      return retry('replaced', longBackOff(failures, 10 * MINUTE, chance))
    case 403: // forbidden
    case 402: // a temporary ban
    case 406: // a ban
      return retry('banned', longBackOff(failures, 6 * HOUR, chance))
    case 405: // the client is too old
      return retry('outdated', longBackOff(failures, 5 * MINUTE, chance))
    case 411: // multideviceMismatch
      return { kind: 'stop', state: 'multidevice_mismatch' }
    case 503: // unavailableService
      return retry('connecting', backOff(failures + 3, chance))
    default:
      return retry('connecting', backOff(failures, chance))
  }
}

/** Returns a delay that doubles with each failure, up to 12 hours before its jitter. */
function longBackOff(failures: number, first: number, chance: number): number {
  return spread(Math.min(first * 2 ** Math.max(0, Math.min(failures, 30) - 1), 12 * HOUR), chance)
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
