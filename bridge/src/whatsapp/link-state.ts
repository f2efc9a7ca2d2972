import type { Connection } from './connection.ts'
import type { PairingCode } from './pairing.ts'

/**
 * The state of the link to WhatsApp, as in `GET /health`, which has one more state: `unanswered`, for a connected link
 * on which WhatsApp acknowledges no message.
 */
export type LinkState =
  /** The process has just started. */
  | 'starting'
  /** No phone is linked, and no code is shown. */
  | 'unpaired'
  /** A QR code or a pairing code is shown for a phone. */
  | 'pairing'
  /** Connecting to WhatsApp, or waiting before the next attempt. */
  | 'connecting'
  /** Connected: messages can be sent and received. */
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
  /** The session file cannot be read or cannot be written. */
  | 'disk'
  /** The session file is damaged, or is not a file of the bridge. */
  | 'damaged'

/** The current activity of the link. Times are those of `performance.now()`. */
export type Phase =
  /** No connection until one is requested; meanwhile `state` is reported. */
  | { readonly kind: 'idle'; readonly state: LinkState }
  /** A connection was requested. It opens when no earlier connection uses the keys any more. */
  | { readonly kind: 'opening' }
  /**
   * The socket connects and logs in. `isLinking`: a phone has linked this device, and WhatsApp will restart the
   * connection.
   */
  | {
      readonly kind: 'connecting'
      readonly connection: Connection
      readonly since: number
      readonly isLinking: boolean
    }
  | { readonly kind: 'pairing'; readonly connection: Connection; readonly shown: ShownCode }
  | { readonly kind: 'connected'; readonly connection: Connection; readonly since: number }
  /** The last connection has ended; the next one opens when the timer fires. */
  | { readonly kind: 'waiting'; readonly state: LinkState; readonly timer: NodeJS.Timeout }
  /** The bridge is stopping; no other phase follows. */
  | { readonly kind: 'ended'; readonly state: LinkState }

/** A QR code, or a pairing code with the timer that replaces the code when it expires. */
export type ShownCode =
  | { readonly kind: 'qr'; readonly qr: string }
  | { readonly kind: 'code'; readonly code: PairingCode; readonly timer: NodeJS.Timeout }

export function stateOf(phase: Phase): LinkState {
  switch (phase.kind) {
    case 'opening':
    case 'connecting':
      return 'connecting'
    case 'pairing':
    case 'connected':
      return phase.kind
    default:
      return phase.state
  }
}

export function connectionOf(phase: Phase): Connection | undefined {
  return 'connection' in phase ? phase.connection : undefined
}

/** The messages for states in which no connection is possible, or the next attempt is long delayed. */
export const STATE_MESSAGES: Partial<Record<LinkState, string>> = {
  unpaired: 'No phone has scanned the codes; request new ones when a phone is ready',
  logged_out: 'WhatsApp has ended the link; a phone must be linked again',
  replaced: 'Another process uses this WhatsApp session; stop it, or link this one again',
  banned: 'WhatsApp has banned the account; see WhatsApp on the phone',
  outdated: 'WhatsApp no longer accepts this version; update the bridge, or set WA_VERSION',
  multidevice_mismatch: "The phone's WhatsApp does not support linked devices; update it",
}
