// What a test may change about the server's behaviour, while it runs.

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
  /** What comes in for the device waits: until its next login, or for as long as this is set. Queries are answered. */
  deaf: 'until-login' | 'always' | null
  /** Whether the business's own phone confirms what its device asks of it. */
  phoneOnline: boolean
  /** How long an acknowledgement takes, in ms. */
  ackDelayMs: number
  /** Which receipts recipients send by themselves. */
  autoReceipt: 'delivery' | 'read' | false
  /** How long after the acknowledgement they do so, in ms. */
  receiptDelayMs: number
  /** The next message from the device gets this error instead of an acknowledgement; then it is cleared. */
  nextSendError: number | null
  /** Receipts of the device never reach the server, as when a connection dies before them. Retry receipts do. */
  dropReceipts: boolean
  /** The end of the offline queue is not announced. */
  withholdOffline: boolean
  /** Queries that never get an answer, as in `/state`'s `iqs`: "encrypt:count", … */
  stallIq: string[]
  /** Phone numbers (digits) without an account. */
  notOnWhatsApp: string[]
  /** Whether senders send again what the device could not read. */
  resendOnRetry: boolean
  /** At the first scan of a QR the server retires its secret: only a later QR, with another secret, pairs. */
  regRefresh: boolean
  /** The secret of the QR codes is retired while a pairing code is being answered. */
  regRefreshInCodeFlow: boolean
  /** Whether the server restarts the connection after pairing (515), as the real one does. */
  restartAfterPair: boolean
  /** How long after pairing it does so, in ms; null: 300 to 1,500 by chance, as the real one. */
  restartDelayMs: number | null
  /** Wait between the handshake's end and the first stanza, in ms: Baileys loses a stanza that comes at once. */
  loginDelayMs: number
  /** How many QR codes a client gets in one connection. */
  pairRefs: number
  /** How long each of them can be scanned, in seconds; null: as long as the connection lives. */
  refSeconds: number | null
  /** How long a pairing code can be typed in, in seconds. */
  codeSeconds: number
  /** How many one-time keys the device is told to have left; null: the truth. With 1, a new device uploads only 5. */
  preKeyCount: number | null
  /** Whether the phone sends what came to the device without content. */
  resendPlaceholders: boolean
  /** Connections are closed as soon as they are made. */
  refuseConnections: boolean
}

/** The behaviour when nothing is asked for. */
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

/** Changes options in place. A name that does not exist is an error. */
export function change(options: Options, patch: OptionsPatch): void {
  for (const name of Object.keys(patch)) {
    if (!(name in DEFAULTS)) throw new Error(`no such option: ${name}`)
  }
  const given = Object.entries(patch).filter(([, value]) => value !== undefined)
  const values = given.map(([name, value]) => [name, value ?? DEFAULTS[name as keyof Options]])
  Object.assign(options, Object.fromEntries(values))
}
