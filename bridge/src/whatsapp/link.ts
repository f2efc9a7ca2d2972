import { randomBytes } from 'node:crypto'
import { type ConnectionState, fetchLatestWaWebVersion, type WASocket, type WAVersion } from 'baileys'
import { type Log, reason } from '../log.ts'
import type { Session } from '../session/session.ts'
import type { Settings } from '../settings.ts'
import { askForCode, CodePairing, type PairingCode } from './code-pairing.ts'
import { withSecretInForce } from './qr-secret.ts'
import { type LinkState, react } from './reaction.ts'

/** The events of a link. */
export interface LinkListener {
  /** A code for a phone to scan; each one once. */
  onQr(qr: string): void
  /** A new socket, before it connects. */
  onSocket(socket: WASocket): void
  /** The socket is closed; resolves when no work with its keys is in progress: two at once would corrupt them. */
  onDropped(): Promise<void>
  /** The link to the account has ended. */
  onUnlinked(): void
  /** The session cannot be written; it must not be used any more. */
  onDiskTrouble(error: unknown): void
}

/** What is known about the link. Times are Unix ms. */
export interface LinkStatus {
  readonly state: LinkState
  readonly since: number
  /** The code with which the last connection ended. */
  readonly lastCode: number | undefined
}

/** WhatsApp's limit on messages to contacts who have not written first. */
export interface Restriction {
  readonly active: boolean
  readonly until: number | null
  readonly kind: string
}

/** Keeps one connection to WhatsApp, and reconnects as {@link react} decides. */
export class Link {
  readonly #session: Session
  readonly #settings: Settings
  readonly #log: Log
  readonly #open: (version: WAVersion | undefined, qrMs: number | undefined) => WASocket
  readonly #listener: LinkListener
  #socket: WASocket | undefined
  #status: LinkStatus = { state: 'starting', since: Date.now(), lastCode: undefined }
  #failures = 0
  #restarts = 0
  #connectedAt = 0
  #lastFrameAt = 0
  /** When the state last changed, by the process's own clock. */
  #becameAt = 0
  #timer: NodeJS.Timeout | undefined
  #watch: NodeJS.Timeout | undefined
  #wasLoggedOut = false
  #version: WAVersion | undefined
  #stopped = false
  #opening: Promise<void> | undefined
  #dropped: Promise<void> = Promise.resolve()
  #ending: Promise<void> = Promise.resolve()
  #qr: string | undefined
  #codePairing: CodePairing | undefined
  #codeTimer: NodeJS.Timeout | undefined
  /** A phone has linked this device, and WhatsApp is going to restart the connection. */
  #isLinking = false
  #restriction: Restriction | undefined

  constructor(
    session: Session,
    settings: Settings,
    log: Log,
    open: (version: WAVersion | undefined, qrMs: number | undefined) => WASocket,
    listener: LinkListener,
  ) {
    this.#session = session
    this.#settings = settings
    this.#log = log
    this.#open = open
    this.#listener = listener
    this.#version = settings.version ? [...settings.version] : undefined
  }

  get status(): LinkStatus {
    return this.#status
  }

  /** The current QR code. */
  get qr(): string | undefined {
    return this.#qr
  }

  /** The current pairing code. */
  get pairingCode(): PairingCode | undefined {
    return this.#codePairing?.code
  }

  get restriction(): Restriction | undefined {
    return this.#restriction
  }

  /** The socket, while messages flow: undefined if nothing has arrived for too long. */
  get live(): WASocket | undefined {
    const quiet = performance.now() - this.#lastFrameAt
    return this.#status.state === 'connected' && quiet < this.#quietLimit ? this.#socket : undefined
  }

  /** Connects now: at the start, on request, and after every delay. */
  connect(): void {
    clearTimeout(this.#timer)
    if (this.#stopped || this.#socket || this.#opening) return
    this.#become('connecting')
    this.#opening = this.#whenSettled()
      .then(() => this.#openSocket())
      .catch(error => this.#onClose(undefined, reason(error)))
      .finally(() => {
        this.#opening = undefined
      })
  }

  /** Resolves when no work of an earlier connection is in progress, and no session is being archived. */
  async #whenSettled(): Promise<void> {
    for (;;) {
      const [dropped, ending] = [this.#dropped, this.#ending]
      await dropped
      await ending
      if (dropped === this.#dropped && ending === this.#ending) return
    }
  }

  #openSocket(): void {
    if (this.#stopped) return
    const { codeMs, qrMs } = this.#settings
    // The library ends a connection when its QR codes have been shown: a pairing code must not be lost with it.
    const socket = this.#open(this.#version, this.#codePairing ? 2 * codeMs : qrMs)
    this.#socket = socket
    this.#isLinking = false
    this.#listener.onSocket(socket)
    this.#watchOver(socket)
    socket.ev.on('connection.update', update => {
      if (this.#socket === socket) this.#onUpdate(update)
    })
    socket.ev.on('creds.update', () => {
      this.#session.saveCreds().catch(error => this.#listener.onDiskTrouble(error))
    })
    socket.ws.on('CB:notification,type:companion_reg_refresh', () => this.#renewSecret(socket))
  }

  /** Ends a live connection and opens another one. */
  reconnect(why: string): void {
    if (this.live) void this.#onClose(408, why)
  }

  /** Ends the connection permanently; resolves when no work with the keys is in progress. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#codePairing?.reject(new Error('the bridge ends'))
    this.#drop()
    await this.#dropped
  }

  /** Unlinks this device at WhatsApp, if WhatsApp is reachable, and starts a new session. */
  async logOut(): Promise<void> {
    const socket = this.live
    this.#drop(socket)
    if (socket) await socket.logout('asked for').catch(error => this.#log.warn('WA_LOGOUT', reason(error)))
    await this.#endLink()
  }

  #onUpdate(update: Partial<ConnectionState>): void {
    if (update.qr) this.#showQr(update.qr)
    if (update.isNewLogin) {
      this.#failures = 0
      this.#qr = undefined
      this.#codePairing = undefined
      clearTimeout(this.#codeTimer)
      this.#isLinking = true
      this.#become('connecting')
      this.#log.info('WA_PAIRED', 'A phone has linked this device')
    }
    if (update.reachoutTimeLock) {
      const { isActive, timeEnforcementEnds, enforcementType } = update.reachoutTimeLock
      this.#restriction = {
        active: isActive === true,
        until: timeEnforcementEnds?.getTime() ?? null,
        kind: String(enforcementType ?? ''),
      }
      this.#log.warn('WA_RESTRICTION', isActive ? 'WhatsApp limits new chats' : 'WhatsApp no longer limits new chats')
    }
    if (update.connection === 'open') {
      this.#connectedAt = performance.now()
      this.#wasLoggedOut = false
      this.#qr = undefined
      this.#become('connected')
      this.#log.info('WA_CONNECTED', 'Connected to WhatsApp')
    } else if (update.connection === 'close') {
      const error = update.lastDisconnect?.error as { output?: { statusCode?: number }; message?: string } | undefined
      void this.#onClose(error?.output?.statusCode, reason(error?.message ?? 'closed'))
    }
  }

  async #onClose(code: number | undefined, why: string): Promise<void> {
    // While a pairing code is shown, QR codes are ignored.
    const pairing = this.#codePairing
    const codesUsedUp = pairing ? !pairing.mayGoOn : code === 408 && why.includes('QR refs')
    if (codesUsedUp) this.#codePairing = undefined
    const useful = this.#status.state === 'connected' && performance.now() - this.#connectedAt > USEFUL_MS
    this.#drop()
    this.#failures = useful ? 1 : this.#failures + 1
    this.#restarts = code === 515 ? this.#restarts + 1 : 0
    const reaction = react({
      code,
      paired: this.#session.isPaired,
      codesUsedUp,
      failures: this.#failures,
      restarts: this.#restarts,
      chance: Math.random(),
    })
    const waitMs = reaction.kind === 'retry' ? reaction.afterMs : null
    const ended = reaction.kind === 'end_link' || (reaction.state === 'unpaired' && this.#wasLoggedOut)
    const state = ended ? 'logged_out' : reaction.state
    this.#status = { ...this.#status, lastCode: code }
    this.#become(state)
    const level = code === 515 ? 'info' : 'warn'
    this.#log[level]('WA_DISCONNECTED', `${SENTENCES[state] ?? 'The connection to WhatsApp has ended'} (${why})`, {
      code,
      state,
      retry_in_ms: waitMs,
    })
    if (!this.#session.isPaired && this.#session.creds.me) await this.#forgetUnpaired()
    if (reaction.kind === 'end_link') {
      this.#wasLoggedOut = true
      await this.#endLink()
    } else if (reaction.kind === 'retry') {
      const learned = code === 405 && (await this.#learnVersion())
      if (!this.#stopped) this.#timer = setTimeout(() => this.connect(), learned ? LEARNED_MS : reaction.afterMs)
    }
  }

  /** Archives the session, and shows new codes. */
  async #endLink(): Promise<void> {
    this.#codePairing?.reject(new Error('the link has ended'))
    this.#codePairing = undefined
    this.#listener.onUnlinked()
    await this.#putAway(() => this.#session.endLink('logged-out', new Date()))
    this.#failures = 0
    this.connect()
  }

  /** Changes the credentials while no connection is open; connection requests wait meanwhile. */
  #putAway(work: () => Promise<void>): Promise<void> {
    this.#drop()
    const before = Promise.all([this.#dropped, this.#ending])
    this.#ending = before.then(work).catch(error => this.#listener.onDiskTrouble(error))
    return this.#ending
  }

  #showQr(qr: string): void {
    if (this.#session.isPaired) return
    if (this.#codePairing) {
      if (this.#socket && !this.#codePairing.code) void this.#giveCode(this.#socket, this.#codePairing)
      return
    }
    this.#qr = withSecretInForce(qr, this.#session.creds)
    this.#become('pairing')
    this.#listener.onQr(this.#qr)
  }

  /** WhatsApp replaces the secret of the codes that are shown. */
  #renewSecret(socket: WASocket): void {
    // A pairing code has its own secret.
    if (this.#socket !== socket || this.#session.isPaired || this.#codePairing) return
    this.#session.creds.advSecretKey = randomBytes(32).toString('base64')
    this.#session.saveCreds().catch(error => this.#listener.onDiskTrouble(error))
    if (this.#qr) this.#showQr(this.#qr)
  }

  /** Shows QR codes: a current pairing code is cancelled. */
  showQrCodes(): void {
    if (this.#codePairing) this.#endCodePairing('QR codes were asked for')
    this.connect()
  }

  /**
   * Shows a pairing code for the phone with this number (digits). Throws with WhatsApp's refusal, or if WhatsApp was
   * not reached within `ms`. A code is valid as long as its connection, so it gets a new one; a code that is not
   * entered in time is replaced by another.
   */
  async pairByCode(phone: string, ms: number): Promise<PairingCode> {
    if (this.#codePairing) this.#endCodePairing('another code was asked for')
    const pairing = new CodePairing(phone)
    this.#codePairing = pairing
    void this.#forgetUnpaired()
    this.connect()
    const unreachable = () => {
      if (this.#codePairing === pairing) this.#endCodePairing('WhatsApp cannot be reached at the moment')
    }
    const timer = setTimeout(unreachable, ms)
    return pairing.first.finally(() => clearTimeout(timer))
  }

  async #giveCode(socket: WASocket, pairing: CodePairing): Promise<void> {
    try {
      const text = await askForCode(socket, pairing.phone)
      if (this.#socket !== socket || this.#codePairing !== pairing) return
      pairing.code = { text, until: Date.now() + this.#settings.codeMs }
      pairing.given++
      this.#failures = 0
      this.#become('pairing')
      this.#codeTimer = setTimeout(() => void this.#onClose(408, CODE_EXPIRED), this.#settings.codeMs)
      pairing.resolve(pairing.code)
    } catch (error) {
      if (this.#codePairing !== pairing) return
      pairing.reject(error as Error)
      this.#endCodePairing(reason(error))
      this.connect()
    }
  }

  /** Cancels pairing by code, and closes its connection. */
  #endCodePairing(why: string): void {
    this.#codePairing?.reject(new Error(why))
    this.#codePairing = undefined
    void this.#forgetUnpaired()
  }

  /** Ends the connection, and deletes what an unused pairing code leaves: credentials that cannot log in. */
  #forgetUnpaired(): Promise<void> {
    return this.#putAway(async () => {
      if (!this.#session.isPaired && this.#session.creds.me) await this.#session.forgetLink()
    })
  }

  /** Requests the current version from WhatsApp, only after it has refused ours; true if there is a newer one. */
  async #learnVersion(): Promise<boolean> {
    if (this.#settings.version || this.#settings.webSocketUrl || this.#failures > 1) return false
    const { version, isLatest } = await fetchLatestWaWebVersion({ signal: AbortSignal.timeout(10_000) })
    if (isLatest) this.#version = version
    return isLatest
  }

  /** Ends a connection that neither opens nor closes, or on which nothing arrives. */
  #watchOver(socket: WASocket): void {
    const begunAt = performance.now()
    this.#lastFrameAt = begunAt
    socket.ws.on('frame', () => {
      this.#lastFrameAt = performance.now()
    })
    this.#watch = setInterval(() => {
      const now = performance.now()
      const waited = this.#status.state === 'connecting' ? now - Math.max(begunAt, this.#becameAt) : 0
      if (waited > (this.#isLinking ? RESTART_MS : LOGIN_MS)) {
        void this.#onClose(408, this.#isLinking ? 'WhatsApp did not restart it' : 'it does not open')
      } else if (now - this.#lastFrameAt > this.#quietLimit) {
        void this.#onClose(408, 'nothing has come for too long')
      }
    }, WATCH_MS)
    this.#watch.unref()
  }

  get #quietLimit(): number {
    // While codes are shown nothing arrives except the answers to Baileys' own keep-alive.
    return this.#settings.keepAliveMs + QUIET_GRACE_MS
  }

  /** Detaches the socket, and closes it unless it has closed by itself. Its later events are ignored. */
  #drop(except?: WASocket): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#codeTimer)
    clearInterval(this.#watch)
    const socket = this.#socket
    this.#socket = undefined
    this.#qr = undefined
    if (this.#codePairing) this.#codePairing.code = undefined
    if (!socket) return
    this.#dropped = this.#listener.onDropped()
    if (socket === except) return
    // The library waits until the other side agrees to the close; an unresponsive one never does.
    const { ws } = socket as unknown as { ws: { socket?: { terminate(): void } | null } }
    ws.socket?.terminate()
    const end = () => Promise.resolve(socket.end(undefined)).catch(error => this.#log.debug('WA_END', reason(error)))
    setTimeout(end, END_MS).unref()
  }

  #become(state: LinkState): void {
    if (this.#status.state === state) return
    this.#status = { ...this.#status, state, since: Date.now() }
    this.#becameAt = performance.now()
  }
}

const SENTENCES: Partial<Record<LinkState, string>> = {
  unpaired: 'No phone has scanned the codes; request new ones when a phone is ready',
  logged_out: 'WhatsApp has ended the link; a phone must be linked again',
  replaced: 'Another process uses this WhatsApp session; stop it, or link this one again',
  banned: 'WhatsApp has banned the account; see WhatsApp on the phone',
  outdated: 'WhatsApp no longer accepts this version; update the bridge, or set WA_VERSION',
  multidevice_mismatch: "The phone's WhatsApp does not support linked devices; update it",
}

/** A connection that was open for this long was useful: back-off restarts. */
const USEFUL_MS = 20_000
/** A login takes a second or two. */
const LOGIN_MS = 30_000
/** After a phone has linked this device WhatsApp restarts the connection, within a second or two. */
const RESTART_MS = 20_000
/** How long the answer to a keep-alive may take. */
const QUIET_GRACE_MS = 10_000
const WATCH_MS = 1000
const CODE_EXPIRED = 'the pairing code was not typed in in time'
/** The delay before a retry with the version that WhatsApp requires. */
const LEARNED_MS = 2000
/** A closed socket rejects its queries itself; this is the limit for one that does not. */
const END_MS = 1000
