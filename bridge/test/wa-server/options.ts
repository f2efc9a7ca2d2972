// The options of the server, which a test may change while it runs.

/** The server's behaviour. */
export interface Options {
  /** The business's phone number, digits. Takes effect at the next pairing. */
  phone: string
  /** The business's LID, digits. Takes effect at the next pairing. */
  lid: string
  /** The business's name on its phone. */
  name: string
  /** Whether messages from the device are acknowledged. */
  ackMessages: boolean
  /** Messages for the device wait: until its next login, or for as long as this is set. Queries are answered. */
  deaf: 'until-login' | 'always' | null
  /** Whether the business's own phone confirms its device's requests. */
  phoneOnline: boolean
  /** The delay of an acknowledgement, in ms. */
  ackDelayMs: number
  /** Which receipts recipients send by themselves. */
  autoReceipt: 'delivery' | 'read' | false
  /** How long after the acknowledgement they do so, in ms. */
  receiptDelayMs: number
  /** The next message from the device gets this error instead of an acknowledgement; then it is cleared. */
  nextSendError: number | null
  /** Receipts of the device never reach the server, as when a connection breaks before them. Retry receipts do. */
  dropReceipts: boolean
  /** The end of the offline queue is not announced. */
  withholdOffline: boolean
  /** Queries that never get an answer, as in `/state`'s `iqs`: "encrypt:count", … */
  stallIq: string[]
  /** Phone numbers (digits) without an account. */
  notOnWhatsApp: string[]
  /** Whether senders resend a message that the device could not decrypt. */
  resendOnRetry: boolean
  /**
   * At the first scan of a QR code the server retires its secret: only a later QR code, with another secret, pairs.
   */
  regRefresh: boolean
  /** The secret of the QR codes is retired while a pairing code is being answered. */
  regRefreshInCodeFlow: boolean
  /** Whether the server restarts the connection after pairing (515), as the real one does. */
  restartAfterPair: boolean
  /** How long after pairing it does so, in ms; null: a random time from 300 to 1,500, as the real one. */
  restartDelayMs: number | null
  /** Delay between the handshake's end and the first stanza, in ms: Baileys loses a stanza that arrives at once. */
  loginDelayMs: number
  /** How many QR codes a client gets in one connection. */
  pairRefs: number
  /** How long each of them can be scanned, in seconds; null: as long as the connection lives. */
  refSeconds: number | null
  /** How long a pairing code can be entered, in seconds. */
  codeSeconds: number
  /**
   * How many remaining one-time keys the server reports to the device; null: the real number. With 1, a new device
   * uploads only 5.
   */
  preKeyCount: number | null
  /** Whether the phone sends the content of messages that the device got without it. */
  resendPlaceholders: boolean
  /** Connections are closed as soon as they are opened. */
  refuseConnections: boolean
}

/** The default behaviour. */
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

/** Changes to the behaviour; null means the default. */
export type OptionsPatch = { [Name in keyof Options]?: Options[Name] | null }

/** Changes options in place. An unknown name is an error. */
export function change(options: Options, patch: OptionsPatch): void {
  for (const name of Object.keys(patch)) {
    if (!(name in DEFAULTS)) throw new Error(`no such option: ${name}`)
  }
  const given = Object.entries(patch).filter(([, value]) => value !== undefined)
  const values = given.map(([name, value]) => [name, value ?? DEFAULTS[name as keyof Options]])
  Object.assign(options, Object.fromEntries(values))
}
