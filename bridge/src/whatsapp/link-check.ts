import { type BinaryNode, jidNormalizedUser, proto, type WASocket } from 'baileys'
import { type Log, reason } from '../log.ts'
import { messageIdOf } from './sent.ts'

/**
 * The result of a link check. `no_ack`: WhatsApp's server did not acknowledge our message. `no_echo`: it did, but
 * nothing arrived, neither from our own phone nor from any contact.
 */
export type CheckResult = 'ok' | 'no_ack' | 'no_echo'

/** The last check with a valid result. */
export interface CheckStatus {
  readonly result: CheckResult
  /** When the check ended, Unix ms. */
  readonly at: number
  /** When the result last changed, Unix ms. */
  readonly since: number
}

/** The external dependencies of the check. */
export interface LinkCheckParts {
  /** The socket, while messages flow. */
  readonly socket: () => WASocket | undefined
  /** Closes the connection and opens another one. */
  readonly reconnect: (why: string) => void
  /** How often the link is checked, in ms. */
  readonly everyMs: number
  readonly log: Log
}

/**
 * Verifies at intervals that the link works in both directions.
 *
 * A connection may answer WhatsApp's keep-alive while inbound or outbound messages no longer pass. The check sends a
 * message to our own phone that no chat shows: a request for no keys of the application state, of the category
 * `peer`. The server acknowledges it, which verifies the outbound direction, and the phone confirms it with a
 * receipt. That receipt, or any message, receipt or notification that WhatsApp's server routes to this device
 * meanwhile, verifies the inbound direction.
 *
 * A check that fails reconnects the link, once. If the next check fails as well, its result is the status: without an
 * echo the link receives nothing, or our own phone is off; the bridge cannot distinguish the two.
 */
export class LinkCheck {
  readonly #parts: LinkCheckParts
  #status: CheckStatus | undefined
  /** The last check has failed, and the link was reconnected for it. */
  #isSuspect = false
  #timer: NodeJS.Timeout | undefined
  #checking: Promise<CheckResult | undefined> | undefined
  #running: Running | undefined
  #stopped = false

  constructor(parts: LinkCheckParts) {
    this.#parts = parts
  }

  get status(): CheckStatus | undefined {
    return this.#status
  }

  start(): void {
    this.#schedule(this.#parts.everyMs)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#running?.end(undefined)
  }

  /** Starts a check, or waits for the one in progress. While no messages flow there is no result. */
  check(): Promise<CheckResult | undefined> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  /** Listens to a new socket. Call it after all other code that replaces the socket's listeners. */
  attach(socket: WASocket): void {
    this.#running?.end(undefined)
    socket.ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => this.#running?.noteAck(attrs.id))
    for (const event of ['CB:message', 'CB:receipt', 'CB:notification']) {
      socket.ws.on(event, () => this.#running?.noteRouted())
    }
    socket.ev.on('connection.update', ({ connection }) => {
      if (connection === 'open' && this.#isSuspect) this.#schedule(Math.min(SETTLE_MS, this.#answerMs))
    })
  }

  /** Another device is linked: the result of the former one is discarded. */
  forget(): void {
    this.#status = undefined
    this.#isSuspect = false
  }

  get #answerMs(): number {
    return Math.min(ANSWER_MS, this.#parts.everyMs / 2)
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer)
    if (this.#stopped) return
    this.#timer = setTimeout(() => void this.check(), ms)
    this.#timer.unref()
  }

  async #check(): Promise<CheckResult | undefined> {
    const socket = this.#parts.socket()
    const found = socket && (await this.#ask(socket))
    // The connection has ended meanwhile, so there is no result; the link's own state reports it.
    const result = this.#parts.socket() === socket ? found : undefined
    if (result) this.#conclude(result)
    const { everyMs } = this.#parts
    this.#schedule(this.#isSuspect ? Math.min(RECHECK_MS, everyMs) : everyMs)
    return result
  }

  #ask(socket: WASocket): Promise<CheckResult | undefined> {
    const id = messageIdOf(undefined)
    const own = socket.user?.id
    if (!own) return Promise.resolve(undefined)
    const running = new Running(id, this.#answerMs)
    this.#running = running
    const sending = socket.relayMessage(jidNormalizedUser(own), NO_KEYS, {
      messageId: id,
      additionalAttributes: { category: 'peer', push_priority: 'high_force' },
      additionalNodes: [{ tag: 'meta', attrs: { appdata: 'default' } }],
    })
    sending.catch(error => this.#parts.log.debug('WA_LINK_CHECK', reason(error)))
    return running.result.finally(() => {
      if (this.#running === running) this.#running = undefined
    })
  }

  #conclude(result: CheckResult): void {
    const { log, reconnect } = this.#parts
    const before = this.#status?.result
    if (result !== 'ok' && !this.#isSuspect) {
      this.#isSuspect = true
      log.warn('WA_LINK_CHECK', `${SENTENCES[result]}; the link is reconnected`, { result })
      reconnect('the check of the link failed')
      return
    }
    this.#isSuspect = result !== 'ok'
    const at = Date.now()
    this.#status = { result, at, since: before === result ? (this.#status?.since ?? at) : at }
    if (result === before) return
    if (result !== 'ok') log.error('WA_LINK_CHECK', `${SENTENCES[result]}, also after a reconnect`, { result })
    else log.info('WA_LINK_CHECK', 'The link to WhatsApp works in both directions', { result })
  }
}

/** One check in progress. */
class Running {
  readonly result: Promise<CheckResult | undefined>
  readonly #id: string
  readonly #timer: NodeJS.Timeout
  #isAcknowledged = false
  #isRouted = false
  #resolve: (result: CheckResult | undefined) => void = () => {}

  constructor(id: string, ms: number) {
    this.#id = id
    this.result = new Promise(resolve => {
      this.#resolve = resolve
    })
    this.#timer = setTimeout(() => this.end(this.#isAcknowledged ? 'no_echo' : 'no_ack'), ms)
  }

  /** The server acknowledged a message, or refused it: it has read the message. */
  noteAck(id: string | undefined): void {
    if (id !== this.#id) return
    this.#isAcknowledged = true
    if (this.#isRouted) this.end('ok')
  }

  /** The server routed a stanza to this device. */
  noteRouted(): void {
    this.#isRouted = true
    if (this.#isAcknowledged) this.end('ok')
  }

  end(result: CheckResult | undefined): void {
    clearTimeout(this.#timer)
    this.#resolve(result)
  }
}

/** A message that only the phone processes, and no chat shows. */
const NO_KEYS: proto.IMessage = {
  protocolMessage: {
    type: proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_REQUEST,
    appStateSyncKeyRequest: { keyIds: [] },
  },
}

const SENTENCES: Record<Exclude<CheckResult, 'ok'>, string> = {
  no_ack: "WhatsApp's server does not acknowledge messages",
  no_echo: 'Nothing arrives by the link to WhatsApp, and our own phone does not answer',
}

/** The time limit for the acknowledgement and the echo: a sleeping phone needs time to wake up. */
const ANSWER_MS = 60_000
/** After a reconnect, queued messages arrive first. */
const SETTLE_MS = 5000
/** A link that failed is checked again after this. */
const RECHECK_MS = 300_000
