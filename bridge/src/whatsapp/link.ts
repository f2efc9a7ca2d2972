import { randomBytes } from 'node:crypto'
import {
  type ConnectionState,
  fetchLatestWaWebVersion,
  type ReachoutTimelockState,
  type WASocket,
  type WAVersion,
} from 'baileys'
import { type Log, reason } from '../log.ts'
import type { Session } from '../session/session.ts'
import type { Settings } from '../settings.ts'
import { Connection } from './connection.ts'
import { connectionOf, type LinkState, type Phase, type ShownCode, STATE_MESSAGES, stateOf } from './link-state.ts'
import { CodePairing, type PairingCode, requestCode, withCurrentSecret } from './pairing.ts'
import { decideReconnect } from './reconnect-policy.ts'

export interface LinkDependencies {
  readonly session: Session
  readonly settings: Settings
  readonly log: Log
  /** Opens a socket, which connects at once. `qrMs`: how long each QR code is shown. */
  readonly openSocket: (version: WAVersion | undefined, qrMs: number | undefined) => WASocket
  readonly listener: LinkListener
}

export interface LinkListener {
  /** A new QR code for a phone to scan. */
  onQr(qr: string): void
  /** A socket was created, and has not connected yet. */
  onSocket(socket: WASocket): void
  /**
   * Called when the socket is being closed. Resolves when no work with the keys is in progress, because concurrent work
   * would corrupt them, or after a time limit.
   */
  onSocketClosed(): Promise<void>
  /** The link to the account has ended. */
  onUnlinked(): void
  /** The session cannot be written, and must not be used any more. */
  onDiskError(error: unknown): void
}

/** The status of the link. Times are Unix ms. */
export interface LinkStatus {
  readonly state: LinkState
  readonly since: number
  /** The code with which the last connection ended. */
  readonly lastCode: number | undefined
}

/** WhatsApp's limit on messages to contacts who have never written to this account. */
export interface Restriction {
  readonly active: boolean
  /** When the restriction ends, Unix ms; null if WhatsApp has not named the end. */
  readonly until: number | null
  readonly kind: string
}

/** Keeps one connection to WhatsApp open, and reconnects as {@link decideReconnect} decides. */
export class Link {
  readonly #dependencies: LinkDependencies
  readonly #backoff = { failures: 0, restarts: 0 }
  #phase: Phase = { kind: 'idle', state: 'starting' }
  #status: Omit<LinkStatus, 'state'> = { since: Date.now(), lastCode: undefined }
  /** The current pairing by code, which may need several connections. */
  #codePairing: CodePairing | undefined
  /** Resolves when no closed connection uses the keys and no change of the credentials is in progress. */
  #settling: Promise<unknown> = Promise.resolve()
  #wasLoggedOut = false
  #version: WAVersion | undefined
  #restriction: Restriction | undefined

  constructor(dependencies: LinkDependencies) {
    this.#dependencies = dependencies
    this.#version = dependencies.settings.version ? [...dependencies.settings.version] : undefined
  }

  get status(): LinkStatus {
    return { state: stateOf(this.#phase), ...this.#status }
  }

  get qr(): string | undefined {
    return this.#shown?.kind === 'qr' ? this.#shown.qr : undefined
  }

  get pairingCode(): PairingCode | undefined {
    return this.#shown?.kind === 'code' ? this.#shown.code : undefined
  }

  get restriction(): Restriction | undefined {
    return this.#restriction
  }

  /** The socket while messages can be sent and received; `undefined` also if nothing has arrived for too long. */
  get connectedSocket(): WASocket | undefined {
    if (this.#phase.kind !== 'connected') return undefined
    const { connection } = this.#phase
    return connection.silentMs < this.#silenceLimitMs ? connection.socket : undefined
  }

  get #shown(): ShownCode | undefined {
    return this.#phase.kind === 'pairing' ? this.#phase.shown : undefined
  }

  /** Connects, unless a connection exists or the link was stopped. */
  connect(): void {
    if (this.#phase.kind !== 'idle' && this.#phase.kind !== 'waiting') return
    this.#setPhase({ kind: 'opening' })
    this.#whenSettled()
      .then(() => this.#open())
      .catch(error => this.#onClose(undefined, reason(error)))
  }

  async #whenSettled(): Promise<void> {
    for (;;) {
      const settling = this.#settling
      await settling
      if (settling === this.#settling) return
    }
  }

  #open(): void {
    if (this.#phase.kind !== 'opening') return
    const { session, settings, listener, openSocket } = this.#dependencies
    // The library ends a connection when all its QR codes have been shown. A pairing code must outlive that, so the
    // time is longer.
    const socket = openSocket(this.#version, this.#codePairing ? 2 * settings.codeMs : settings.qrMs)
    const connection = new Connection(socket)
    this.#setPhase({ kind: 'connecting', connection, since: performance.now(), isLinking: false })
    listener.onSocket(socket)
    connection.startWatchdog(() => this.#checkProgress(connection))
    socket.ev.on('connection.update', update => {
      if (this.#isCurrent(connection)) this.#onUpdate(connection, update)
    })
    socket.ev.on('creds.update', () => {
      session.saveCreds().catch(error => listener.onDiskError(error))
    })
    socket.ws.on('CB:notification,type:companion_reg_refresh', () => this.#renewSecret(connection))
  }

  #isCurrent(connection: Connection): boolean {
    return connectionOf(this.#phase) === connection
  }

  /** Ends a working connection; a new one follows. */
  reconnect(why: string): void {
    if (this.connectedSocket) void this.#onClose(408, why)
  }

  /** Ends the connection permanently. Resolves when no work that uses the keys is in progress. */
  async stop(): Promise<void> {
    this.#codePairing?.reject(new Error('the bridge is stopping'))
    this.#closeSocket()
    this.#setPhase({ kind: 'ended', state: stateOf(this.#phase) })
    await this.#settling
  }

  /** Unlinks this device at WhatsApp, if the bridge is connected, and starts a new session. */
  async logOut(): Promise<void> {
    const socket = this.connectedSocket
    this.#closeSocket(socket !== undefined)
    const { log } = this.#dependencies
    await socket
      ?.logout('logged out on request')
      .catch(error =>
        log.warn('WA_LOGOUT', `WhatsApp did not confirm the logout; the bridge ends its link anyway: ${reason(error)}`),
      )
    await this.#endLink()
  }

  #onUpdate(connection: Connection, update: Partial<ConnectionState>): void {
    const { log } = this.#dependencies
    if (update.qr) this.#showQr(connection, update.qr)
    if (update.isNewLogin) {
      this.#backoff.failures = 0
      this.#codePairing = undefined
      this.#setPhase({ kind: 'connecting', connection, since: performance.now(), isLinking: true })
      log.info('WA_PAIRED', 'A phone has linked the bridge as a device')
    }
    if (update.reachoutTimeLock) this.#onRestriction(update.reachoutTimeLock)
    if (update.connection === 'open') {
      this.#wasLoggedOut = false
      this.#setPhase({ kind: 'connected', connection, since: performance.now() })
      log.info('WA_CONNECTED', 'Connected to WhatsApp')
    } else if (update.connection === 'close') {
      const error = update.lastDisconnect?.error as { output?: { statusCode?: number }; message?: string } | undefined
      void this.#onClose(error?.output?.statusCode, reason(error?.message ?? 'closed without a reason'))
    }
  }

  /** Stores the restriction, and logs it if it has changed: the library also reports an unchanged one. */
  #onRestriction({ isActive = false, timeEnforcementEnds, enforcementType }: ReachoutTimelockState): void {
    const { log } = this.#dependencies
    const previous = this.#restriction
    // WhatsApp may not report the end of a restriction that has expired.
    const hasExpired = previous?.until != null && previous.until <= Date.now()
    this.#restriction = {
      active: isActive,
      until: timeEnforcementEnds?.getTime() ?? null,
      kind: String(enforcementType ?? ''),
    }
    if (isActive && (!previous?.active || hasExpired)) {
      log.warn('WA_RESTRICTION', 'WhatsApp has restricted the account: it cannot begin new chats')
    } else if (!isActive && previous?.active) {
      log.info('WA_RESTRICTION', 'WhatsApp has lifted the restriction: the account can begin new chats')
    }
  }

  async #onClose(code: number | undefined, why: string): Promise<void> {
    const { session, log } = this.#dependencies
    // WhatsApp also closes the connection after its last QR code. During a pairing by code, only the number of pairing
    // codes decides whether the codes are used up.
    const pairing = this.#codePairing
    const codesUsedUp = pairing ? !pairing.hasCodesLeft : code === 408 && why.includes('QR refs')
    if (codesUsedUp) this.#codePairing = undefined
    const wasUseful = this.#phase.kind === 'connected' && performance.now() - this.#phase.since > USEFUL_MS
    this.#backoff.failures = wasUseful ? 1 : this.#backoff.failures + 1
    this.#backoff.restarts = code === 515 ? this.#backoff.restarts + 1 : 0
    const decision = decideReconnect({
      code,
      paired: session.isPaired,
      codesUsedUp,
      ...this.#backoff,
      chance: Math.random(),
    })
    const waitMs = decision.kind === 'retry' ? decision.afterMs : null
    const hasEnded = decision.kind === 'end_link' || (decision.state === 'unpaired' && this.#wasLoggedOut)
    const state = hasEnded ? 'logged_out' : decision.state
    this.#closeSocket()
    this.#status = { ...this.#status, lastCode: code }
    const idle: Phase = { kind: 'idle', state }
    this.#setPhase(idle)
    const level = code === 515 ? 'info' : 'warn'
    const next = waitMs === null ? '' : `; the next attempt follows in ${Math.round(waitMs / 100) / 10} s`
    log[level]('WA_DISCONNECTED', `${STATE_MESSAGES[state] ?? 'The connection to WhatsApp ended'} (${why})${next}`, {
      code,
      state,
      retry_in_ms: waitMs,
    })
    if (!session.isPaired && session.creds.me) await this.#forgetUnpaired()
    if (decision.kind === 'end_link') {
      this.#wasLoggedOut = true
      await this.#endLink()
    } else if (decision.kind === 'retry') {
      const hasLearned = code === 405 && (await this.#learnVersion())
      // A client may have requested a connection meanwhile.
      if (this.#phase === idle) this.#waitToConnect(state, hasLearned ? LEARNED_MS : decision.afterMs)
    }
  }

  #waitToConnect(state: LinkState, ms: number): void {
    this.#setPhase({ kind: 'waiting', state, timer: setTimeout(() => this.connect(), ms) })
  }

  async #endLink(): Promise<void> {
    const { session, listener } = this.#dependencies
    this.#codePairing?.reject(new Error('the link to WhatsApp has ended'))
    this.#codePairing = undefined
    listener.onUnlinked()
    await this.#changeCredentials(() => session.endLink('logged-out', new Date()))
    this.#backoff.failures = 0
    this.connect()
  }

  /** Changes the credentials while no connection is open. Connection requests wait until the change is complete. */
  async #changeCredentials(work: () => Promise<void>): Promise<void> {
    this.#closeSocket()
    const done = this.#settling.then(work).catch(error => this.#dependencies.listener.onDiskError(error))
    this.#settling = done
    await done
  }

  #showQr(connection: Connection, text: string): void {
    const { session, listener } = this.#dependencies
    if (session.isPaired) return
    if (this.#codePairing) {
      if (!this.pairingCode) void this.#showPairingCode(connection, this.#codePairing)
      return
    }
    const qr = withCurrentSecret(text, session.creds)
    this.#setPhase({ kind: 'pairing', connection, shown: { kind: 'qr', qr } })
    listener.onQr(qr)
  }

  /** Replaces the secret of the QR codes after WhatsApp has retired it. */
  #renewSecret(connection: Connection): void {
    const { session, listener } = this.#dependencies
    // A pairing code has a separate secret.
    if (!this.#isCurrent(connection) || session.isPaired || this.#codePairing) return
    session.creds.advSecretKey = randomBytes(32).toString('base64')
    session.saveCreds().catch(error => listener.onDiskError(error))
    if (this.qr) this.#showQr(connection, this.qr)
  }

  /** Shows QR codes, and cancels a current pairing code. */
  showQrCodes(): void {
    if (this.#codePairing) this.#cancelCodePairing('QR codes were requested instead')
    this.connect()
  }

  /**
   * Shows a pairing code for the phone with this number (digits). Throws WhatsApp's refusal, or an error if there
   * was no code within `ms` or the pairing was cancelled. A code is valid only as long as its connection, so each
   * pairing opens a new connection. For expired codes, see {@link CodePairing}.
   */
  async pairByCode(phone: string, ms: number): Promise<PairingCode> {
    if (this.#codePairing) this.#cancelCodePairing('another pairing code was requested')
    const pairing = new CodePairing(phone)
    this.#codePairing = pairing
    void this.#forgetUnpaired()
    this.connect()
    const unreachable = () => {
      if (this.#codePairing !== pairing) return
      this.#cancelCodePairing('WhatsApp cannot be reached at the moment')
      this.connect()
    }
    const timer = setTimeout(unreachable, ms)
    return pairing.first.finally(() => clearTimeout(timer))
  }

  async #showPairingCode(connection: Connection, pairing: CodePairing): Promise<void> {
    const { codeMs } = this.#dependencies.settings
    try {
      const text = await requestCode(connection.socket, pairing.phone)
      if (!this.#isCurrent(connection) || this.#codePairing !== pairing) return
      const code = { text, until: Date.now() + codeMs }
      const expire = () => void this.#onClose(408, `the pairing code was not entered within ${codeMs / 1000} s`)
      pairing.given++
      this.#backoff.failures = 0
      this.#setPhase({ kind: 'pairing', connection, shown: { kind: 'code', code, timer: setTimeout(expire, codeMs) } })
      pairing.resolve(code)
    } catch (error) {
      if (this.#codePairing !== pairing) return
      pairing.reject(error as Error)
      this.#cancelCodePairing(reason(error))
      this.connect()
    }
  }

  /** Cancels pairing by code, and closes its connection. */
  #cancelCodePairing(why: string): void {
    this.#codePairing?.reject(new Error(why))
    this.#codePairing = undefined
    void this.#forgetUnpaired()
  }

  /** Ends the connection, and deletes the credentials that an unused pairing code leaves, which allow no login. */
  #forgetUnpaired(): Promise<void> {
    const { session } = this.#dependencies
    return this.#changeCredentials(async () => {
      if (!session.isPaired && session.creds.me) await session.forgetLink()
    })
  }

  /**
   * Fetches the current version after WhatsApp has refused ours. Resolves with true if the version was fetched. It is
   * not fetched if the settings name a version or a test server, or after a second failure.
   */
  async #learnVersion(): Promise<boolean> {
    const { settings } = this.#dependencies
    if (settings.version || settings.webSocketUrl || this.#backoff.failures > 1) return false
    const { version, isLatest } = await fetchLatestWaWebVersion({ signal: AbortSignal.timeout(10_000) })
    if (isLatest) this.#version = version
    return isLatest
  }

  /** Ends a connection whose login or restart takes too long, or on which nothing arrives. */
  #checkProgress(connection: Connection): void {
    const phase = this.#phase
    const seconds = (ms: number) => `${ms / 1000} s`
    if (phase.kind === 'connecting') {
      const [limitMs, why] = phase.isLinking
        ? [RESTART_MS, `WhatsApp did not restart the connection within ${seconds(RESTART_MS)} after a phone linked it`]
        : [LOGIN_MS, `the login to WhatsApp did not finish within ${seconds(LOGIN_MS)}`]
      if (performance.now() - phase.since > limitMs) return void this.#onClose(408, why)
    }
    if (connection.silentMs > this.#silenceLimitMs) {
      void this.#onClose(408, `nothing was received from WhatsApp for ${seconds(this.#silenceLimitMs)}`)
    }
  }

  get #silenceLimitMs(): number {
    // While codes are shown, the only inbound traffic is the answers to Baileys' own keep-alive.
    return this.#dependencies.settings.keepAliveMs + SILENCE_GRACE_MS
  }

  /**
   * Cancels a delayed attempt, and detaches the socket: its later events are ignored. Also closes the socket, unless
   * `keepSocket` is set.
   */
  #closeSocket(keepSocket = false): void {
    const connection = connectionOf(this.#phase)
    if (connection || this.#phase.kind === 'waiting') {
      const state = stateOf(this.#phase)
      this.#setPhase({ kind: 'idle', state: state === 'connected' ? 'connecting' : state })
    }
    if (!connection) return
    this.#settling = Promise.all([this.#settling, this.#dependencies.listener.onSocketClosed()])
    connection.close(this.#dependencies.log, keepSocket)
  }

  #setPhase(next: Phase): void {
    const before = this.#phase
    if (before.kind === 'ended') return
    if (before.kind === 'waiting') clearTimeout(before.timer)
    if (before.kind === 'pairing' && before.shown.kind === 'code') clearTimeout(before.shown.timer)
    this.#phase = next
    if (stateOf(next) !== stateOf(before)) this.#status = { ...this.#status, since: Date.now() }
  }
}

/** A connection that was open for at least this long resets the back-off, in ms. */
const USEFUL_MS = 20_000
/** The time limit for a login, in ms; a login usually takes one or two seconds. */
const LOGIN_MS = 30_000
/** The time limit for WhatsApp's restart of the connection after pairing, in ms; it usually takes a second or two. */
const RESTART_MS = 20_000
/** How long the answer to a keep-alive may take, in ms. */
const SILENCE_GRACE_MS = 10_000
/** The delay before a retry with the version that WhatsApp requires, in ms. */
const LEARNED_MS = 2000
