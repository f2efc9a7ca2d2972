import { backOff, spread } from '../back-off.ts'
import type { LinkState } from './link-state.ts'

/** The action after a connection has ended. */
export type ReconnectDecision =
  /** Connect again, after some time (ms). */
  | { readonly kind: 'retry'; readonly state: LinkState; readonly afterMs: number }
  /** Archive the session and request a new QR code. */
  | { readonly kind: 'end_link' }
  /** Do nothing until a client requests a connection. */
  | { readonly kind: 'stop'; readonly state: LinkState }

/** What is known when a connection has ended. */
export interface ConnectionEnd {
  /** WhatsApp's or Baileys' code for the reason. */
  readonly code: number | undefined
  /** Whether a phone has linked this device. */
  readonly paired: boolean
  /** Whether all QR codes of a round have been shown. */
  readonly codesUsedUp: boolean
  /** How many connections in a row have ended before they were useful; this one included. */
  readonly failures: number
  /** How many in a row have ended with `restartRequired`; this one included. */
  readonly restarts: number
  /**
   * From 0 to 1, a new random number each time: two bridges that lost WhatsApp together do not reconnect together.
   */
  readonly chance: number
}

/**
 * The action after a connection has ended. Codes are those of Baileys' `DisconnectReason` and of WhatsApp's
 * `<failure>` and `<stream:error>` stanzas. No code leads to a tight loop: every reconnect is delayed by {@link
 * backOff}, except for the first `restartRequired`s, which are part of pairing.
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
    case 440: // connectionReplaced: an immediate reconnect would end the other connection, and so on
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

/** Increasing delays, up to 12 hours: the cause needs a user's action, or a day. */
function longBackOff(failures: number, first: number, chance: number): number {
  return spread(Math.min(first * 2 ** Math.max(0, Math.min(failures, 30) - 1), 12 * HOUR), chance)
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
