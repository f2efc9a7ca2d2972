import { type BinaryNode, proto, type WASocket } from 'baileys'
import { addressOf } from '../address.ts'
import { type Log, reason } from '../log.ts'
import { messageIdOf } from './sent-messages.ts'

/**
 * The result of a link check. `no_ack`: WhatsApp's server did not acknowledge our message. `no_echo`: the server
 * acknowledged it, but no message, receipt or notification arrived during the check.
 */
export type CheckResult = 'ok' | 'no_ack' | 'no_echo'

/** The reported result, which changes later than a single check: see {@link LinkCheck}. */
export interface CheckStatus {
  readonly result: CheckResult
  /** When a check last had this result, or an arriving stanza replaced `no_echo` by `ok`, Unix ms. */
  readonly at: number
  /** When the result last changed, Unix ms; for `no_echo`, when the first check without an echo ended. */
  readonly since: number
}

export interface LinkCheckDependencies {
  /** Returns the socket while messages can be sent and received. */
  readonly socket: () => WASocket | undefined
  readonly reconnect: (why: string) => void
  readonly everyMs: number
  readonly log: Log
}

/**
 * Verifies at intervals that the link works in both directions.
 *
 * A connection may answer WhatsApp's keep-alive while messages no longer pass in one direction. The check sends a
 * message to our own phone that no chat shows: a request for application-state keys with an empty list, of the category
 * `peer`. The server's acknowledgement verifies the outbound direction. The phone confirms the message with a receipt.
 * This receipt, or any other message, receipt or notification that the server routes to this device meanwhile, verifies
 * the inbound direction.
 *
 * The first failed check reconnects the link. If the next check fails with `no_ack`, `no_ack` becomes the
 * status. `no_echo` has two causes that the bridge cannot distinguish: the link receives nothing, or our own phone is
 * off and no contact has written. The second cause is usual at night. Therefore `no_echo` becomes the status only after
 * {@link SILENT_CHECKS} checks over {@link SILENT_INTERVALS} intervals during which nothing has arrived.
 */
export class LinkCheck {
  readonly #dependencies: LinkCheckDependencies
  #status: CheckStatus | undefined
  /** The last check failed. The first of several failures in a row reconnects the link. */
  #isSuspect = false
  /** The checks without an echo since the last inbound stanza. */
  #silence: Silence | undefined
  #timer: NodeJS.Timeout | undefined
  #checking: Promise<CheckResult | undefined> | undefined
  #running: Running | undefined
  #stopped = false

  constructor(dependencies: LinkCheckDependencies) {
    this.#dependencies = dependencies
  }

  get status(): CheckStatus | undefined {
    return this.#status
  }

  start(): void {
    this.#schedule(this.#dependencies.everyMs)
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#running?.end(undefined)
  }

  /**
   * Starts a check, or waits for the one in progress. Resolves with `undefined` if the link is not connected, or its
   * connection ends meanwhile.
   */
  check(): Promise<CheckResult | undefined> {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  /** Listens to a new socket. Call this method last, after all code that replaces the socket's listeners. */
  attach(socket: WASocket): void {
    this.#running?.end(undefined)
    socket.ws.on('CB:ack,class:message', ({ attrs }: BinaryNode) => this.#running?.noteAck(attrs.id))
    for (const event of ['CB:message', 'CB:receipt', 'CB:notification']) {
      socket.ws.on(event, () => this.#onRouted())
    }
    socket.ev.on('connection.update', ({ connection }) => {
      if (connection === 'open' && this.#isSuspect) this.#schedule(Math.min(SETTLE_MS, this.#answerMs))
    })
  }

  /** Discards the result, because the link to the account has ended. */
  forget(): void {
    this.#status = undefined
    this.#isSuspect = false
    this.#silence = undefined
  }

  /** The server routed a stanza to this device, so the inbound direction works. */
  #onRouted(): void {
    this.#silence = undefined
    if (this.#status?.result === 'no_echo') this.#setStatus('ok', Date.now())
    this.#running?.noteRouted()
  }

  get #answerMs(): number {
    return Math.min(ANSWER_MS, this.#dependencies.everyMs / 2)
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer)
    if (this.#stopped) return
    this.#timer = setTimeout(() => void this.check(), ms)
    this.#timer.unref()
  }

  async #check(): Promise<CheckResult | undefined> {
    const socket = this.#dependencies.socket()
    const found = socket && (await this.#ask(socket))
    // If the connection has ended meanwhile, there is no result: the link's own state reports the end.
    const result = this.#dependencies.socket() === socket ? found : undefined
    if (result) this.#conclude(result)
    const { everyMs } = this.#dependencies
    this.#schedule(this.#isSuspect && !this.#isSilenceUnreported ? Math.min(RECHECK_MS, everyMs) : everyMs)
    return result
  }

  #ask(socket: WASocket): Promise<CheckResult | undefined> {
    const id = messageIdOf(undefined)
    const own = addressOf(socket.user?.id)?.bare
    if (!own) return Promise.resolve(undefined)
    const running = new Running(id, this.#answerMs)
    this.#running = running
    const sending = socket.relayMessage(own, NO_KEYS, {
      messageId: id,
      additionalAttributes: { category: 'peer', push_priority: 'high_force' },
      additionalNodes: [{ tag: 'meta', attrs: { appdata: 'default' } }],
    })
    sending.catch(error =>
      this.#dependencies.log.debug('WA_LINK_CHECK', `Message ${id} of the link check was not sent: ${reason(error)}`),
    )
    return running.result.finally(() => {
      if (this.#running === running) this.#running = undefined
    })
  }

  /** Whether the last check had no echo, but `no_echo` is not the status yet. */
  get #isSilenceUnreported(): boolean {
    return this.#silence !== undefined && this.#status?.result !== 'no_echo'
  }

  #conclude(result: CheckResult): void {
    const { log, reconnect, everyMs } = this.#dependencies
    const wasSuspect = this.#isSuspect
    this.#isSuspect = result !== 'ok'
    if (result === 'no_echo') {
      this.#silence ??= { at: performance.now(), since: Date.now(), checks: 0 }
      this.#silence.checks++
    }
    if (result !== 'ok' && !wasSuspect) {
      log.warn('WA_LINK_CHECK', `${RESULT_MESSAGES[result]}; the bridge reconnects the link and checks again`, {
        result,
      })
      reconnect('the check of the link failed')
      return
    }
    if (result !== 'no_echo') {
      this.#setStatus(result, Date.now())
    } else if (this.#silence && isLong(this.#silence, everyMs)) {
      this.#setStatus(result, this.#silence.since)
    } else if (this.#status?.result === 'no_ack') {
      // WhatsApp acknowledges messages again. It is not known yet whether messages arrive.
      this.#status = undefined
    }
  }

  #setStatus(result: CheckResult, since: number): void {
    const { log } = this.#dependencies
    const before = this.#status
    this.#status = { result, at: Date.now(), since: before?.result === result ? before.since : since }
    if (before?.result === result) return
    if (result === 'ok') log.info('WA_LINK_CHECK', 'The link to WhatsApp works in both directions', { result })
    else log.error('WA_LINK_CHECK', `${RESULT_MESSAGES[result]}, also after a reconnect. ${ADVICE[result]}`, { result })
  }
}

/** Consecutive checks without an echo, during which nothing arrived. */
interface Silence {
  /** When the first of these checks ended, by `performance.now()`. */
  readonly at: number
  /** The same time as `at`, in Unix ms. */
  readonly since: number
  checks: number
}

function isLong({ at, checks }: Silence, everyMs: number): boolean {
  return checks >= SILENT_CHECKS && performance.now() - at >= SILENT_INTERVALS * everyMs
}

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

  /** A refusal counts too, since the server has read the message. */
  noteAck(id: string | undefined): void {
    if (id !== this.#id) return
    this.#isAcknowledged = true
    if (this.#isRouted) this.end('ok')
  }

  noteRouted(): void {
    this.#isRouted = true
    if (this.#isAcknowledged) this.end('ok')
  }

  end(result: CheckResult | undefined): void {
    clearTimeout(this.#timer)
    this.#resolve(result)
  }
}

/** Only the phone processes this message; no chat shows it. */
const NO_KEYS: proto.IMessage = {
  protocolMessage: {
    type: proto.Message.ProtocolMessage.Type.APP_STATE_SYNC_KEY_REQUEST,
    appStateSyncKeyRequest: { keyIds: [] },
  },
}

const RESULT_MESSAGES: Record<Exclude<CheckResult, 'ok'>, string> = {
  no_ack: "WhatsApp's server does not acknowledge our messages",
  no_echo: 'Nothing arrives over the link to WhatsApp, and our own phone does not answer',
}

const ADVICE: Record<Exclude<CheckResult, 'ok'>, string> = {
  no_ack: 'Open WhatsApp on the phone; if that does not help, unlink this device and link it again',
  no_echo:
    'Either the phone is off or offline (then nothing is lost: switch it on), or the link receives nothing: open ' +
    'WhatsApp on the phone; if that does not help, unlink this device and link it again',
}

/** The time limit for the acknowledgement and the echo, in ms: a sleeping phone needs time to wake up. */
const ANSWER_MS = 60_000
/** The delay of a check after a reconnect, in ms: queued messages arrive first. */
const SETTLE_MS = 5000
/**
 * The delay of the next check after a failed one, in ms. While checks have no echo, but `no_echo` is not the status
 * yet, the usual interval applies.
 */
const RECHECK_MS = 300_000
/** After how many checks `no_echo` becomes the status: three at the usual interval, and the one after the reconnect. */
const SILENT_CHECKS = 4
const SILENT_INTERVALS = 2
