// The options of the server, which tests may change while it runs.

export interface Options {
  /**
   * The business's phone number, digits. After a change, the business's own phone uses the new number at once, and a
   * linked device from the next pairing on.
   */
  phone: string
  /** The business's LID, digits. A change takes effect as for `phone`. */
  lid: string
  /** The business's name on its phone. */
  name: string
  /** Whether messages from the device are acknowledged. */
  ackMessages: boolean
  /**
   * Messages for the device wait until its next login (`until-login`) or as long as the option is set (`always`).
   * Queries are answered anyway.
   */
  deaf: 'until-login' | 'always' | null
  /** Whether the business's own phone confirms the requests of its device. */
  phoneOnline: boolean
  /** The delay of an acknowledgement, in ms. */
  ackDelayMs: number
  /** Which receipts the recipients send automatically. */
  autoReceipt: 'delivery' | 'read' | false
  /** The delay of the automatic receipts after the acknowledgement, in ms. */
  receiptDelayMs: number
  /** The error that the next message from the device gets instead of an acknowledgement. It is cleared afterwards. */
  nextSendError: number | null
  /** Drops the device's receipts, as when a connection breaks before they are sent. Retry receipts are not dropped. */
  dropReceipts: boolean
  /** Does not announce the end of the offline queue. */
  withholdOffline: boolean
  /** Queries that are never answered, named as in `/state`'s `iqs`: "encrypt:count", … */
  stallIq: string[]
  /** Phone numbers (digits) without a WhatsApp account. */
  notOnWhatsApp: string[]
  /** Whether senders resend messages that the device could not decrypt. */
  resendOnRetry: boolean
  /**
   * Whether the server retires the secret of the QR codes at the first scan: then only a later QR code, with another
   * secret, pairs.
   */
  regRefresh: boolean
  /** Whether the secret of the QR codes is retired while a pairing code is being processed. */
  regRefreshInCodeFlow: boolean
  /** Whether the server restarts the connection after pairing (515), as the real server does. */
  restartAfterPair: boolean
  /** The delay of that restart in ms; null: a random delay from 300 to 1,500, as the real server has. */
  restartDelayMs: number | null
  /**
   * The delay between the handshake's end and the first stanza, in ms. Baileys loses a stanza that arrives immediately.
   */
  loginDelayMs: number
  /** The number of QR codes for a client in one connection. */
  pairRefs: number
  /** How long each QR code can be scanned, in seconds; null: as long as the connection lives. */
  refSeconds: number | null
  /** How long a pairing code can be entered, in seconds. */
  codeSeconds: number
  /**
   * The number of remaining one-time keys that the server reports to the device; null: the real number. With 1, a new
   * device uploads only 5 keys.
   */
  preKeyCount: number | null
  /** Whether the phone sends the content of messages that the device received without it. */
  resendPlaceholders: boolean
  /** Closes connections as soon as they are opened. */
  refuseConnections: boolean
}

export const DEFAULTS: Readonly<Options> = {
  phone: '15550001000',
  lid: '100000001000',
  name: 'Test Business',
  ackMessages: true,
  deaf: null,
  phoneOnline: true,
  ackDelayMs: 5,
  autoReceipt: 'delivery',
  receiptDelayMs: 100,
  nextSendError: null,
  dropReceipts: false,
  withholdOffline: false,
  stallIq: [],
  notOnWhatsApp: [],
  resendOnRetry: true,
  regRefresh: false,
  regRefreshInCodeFlow: false,
  restartAfterPair: true,
  restartDelayMs: null,
  loginDelayMs: 25,
  pairRefs: 6,
  refSeconds: null,
  codeSeconds: 180,
  preKeyCount: null,
  resendPlaceholders: true,
  refuseConnections: false,
}

/** Changes to the options; null restores the default. */
export type OptionsPatch = { [Name in keyof Options]?: Options[Name] | null }

/** Throws for an unknown name. */
export function change(options: Options, patch: OptionsPatch): void {
  for (const name of Object.keys(patch)) {
    if (!(name in DEFAULTS)) throw new Error(`no such option: ${name}`)
  }
  const given = Object.entries(patch).filter(([, value]) => value !== undefined)
  const values = given.map(([name, value]) => [name, value ?? DEFAULTS[name as keyof Options]])
  Object.assign(options, Object.fromEntries(values))
}
