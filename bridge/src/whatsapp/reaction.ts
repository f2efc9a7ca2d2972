/** The state of the link to WhatsApp, as in `GET /health`. */
export type LinkState =
  /** The process has just started. */
  | 'starting'
  /** No phone is linked, and no code is shown. */
  | 'unpaired'
  /** A QR code or a pairing code is shown for a phone. */
  | 'pairing'
  /** Linked, and connecting to WhatsApp, or waiting before the next attempt. */
  | 'connecting'
  /** Messages flow. */
  | 'connected'
  /** WhatsApp has ended the link: a phone must be linked again. */
  | 'logged_out'
  /** Another process uses this session. */
  | 'replaced'
  /** WhatsApp has banned the account. */
  | 'banned'
  /** WhatsApp no longer accepts this version of the client. */
  | 'outdated'
  /** The phone's WhatsApp does not support linked devices. */
  | 'multidevice_mismatch'
  /** The session cannot be written. */
  | 'disk'
  /** The session file is damaged, or not the bridge's. */
  | 'damaged'

/** The action after a connection has ended. */
export type Reaction =
  /** Connect again, after some time (ms). */
  | { readonly kind: 'retry'; readonly state: LinkState; readonly afterMs: number }
  /** Archive the session and request a new QR code. */
  | { readonly kind: 'end_link' }
  /** Do nothing until a client requests a connection. */
  | { readonly kind: 'stop'; readonly state: LinkState }

/** What is known when a connection has ended. */
export interface Ending {
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
export function react(ending: Ending): Reaction {
  const { code, paired, failures, chance } = ending
  const retry = (state: LinkState, afterMs: number): Reaction => ({ kind: 'retry', state, afterMs })
  if (!paired && ending.codesUsedUp) return { kind: 'stop', state: 'unpaired' }
  switch (code) {
    case 515: // restartRequired: the end of a successful pairing
      return retry('connecting', ending.restarts <= 3 ? 0 : backOff(ending.restarts, chance))
    case 401: // loggedOut: removed on the phone, or unused for too long
      return paired ? { kind: 'end_link' } : retry('connecting', backOff(failures, chance))
    case 440: // connectionReplaced: an immediate reconnect would end the other connection, and so on
      return retry('replaced', patience(failures, 10 * MINUTE, chance))
    case 403: // forbidden
    case 402: // a temporary ban
    case 406: // a ban
      return retry('banned', patience(failures, 6 * HOUR, chance))
    case 405: // the client is too old
      return retry('outdated', patience(failures, 5 * MINUTE, chance))
    case 411: // multideviceMismatch
      return { kind: 'stop', state: 'multidevice_mismatch' }
    case 503: // unavailableService
      return retry('connecting', backOff(failures + 3, chance))
    default:
      return retry('connecting', backOff(failures, chance))
  }
}

/** 1 s, 2 s, 4 s … up to 5 minutes, plus or minus a third. */
export function backOff(failures: number, chance: number): number {
  return spread(Math.min(SECOND * 2 ** Math.max(0, Math.min(failures, 30) - 1), 5 * MINUTE), chance)
}

/** Increasing delays, up to 12 hours: the cause needs a user's action, or a day. */
function patience(failures: number, first: number, chance: number): number {
  return spread(Math.min(first * 2 ** Math.max(0, Math.min(failures, 30) - 1), 12 * HOUR), chance)
}

function spread(ms: number, chance: number): number {
  return Math.round(ms * (2 / 3 + (2 / 3) * chance))
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
