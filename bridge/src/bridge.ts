import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import QRCode from 'qrcode'
import { boundedCache } from './bounded-cache.ts'
import { BridgeSession } from './bridge-session.ts'
import { DaemonClient } from './delivery/daemon-client.ts'
import { type Log, reason } from './log.ts'
import { lockFolder } from './session/lock.ts'
import { DamagedLog } from './session/read-log.ts'
import { archive } from './session/session.ts'
import type { Settings } from './settings.ts'
import { evictOldestFiles } from './spool/media.ts'
import type { LinkState } from './whatsapp/link-state.ts'
import { MAX_KEPT } from './whatsapp/sent-messages.ts'
import { settledWithin } from './with-timeout.ts'

/**
 * The bridge without its HTTP server. It keeps one bridge session open, and opens a new one when the disk works
 * again after a disk error.
 */
export class Bridge {
  readonly #settings: Settings
  readonly #log: Log
  readonly #daemon: DaemonClient
  readonly #mediaUrl: (id: string) => string
  #unlock = () => {}
  #started: Promise<void> | undefined
  #current: BridgeSession | undefined
  #failure: { state: LinkState; since: number } | undefined = { state: 'starting', since: Date.now() }
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #replacing: Promise<void> | undefined
  /** The ids of the newest messages that may have been passed to WhatsApp, also in earlier sessions. */
  readonly #maybeSent = boundedCache(MAX_KEPT)
  #wasOpen = false

  constructor(settings: Settings, log: Log, mediaUrl: (id: string) => string) {
    this.#settings = settings
    this.#log = log
    this.#daemon = new DaemonClient(settings, log)
    this.#mediaUrl = mediaUrl
  }

  /**
   * Locks the session's folder, and opens the session. Throws `InUse` if another process has the lock, or another error
   * if the folder cannot be created or locked. If the session cannot be opened, {@link state} reports it.
   */
  start(): Promise<void> {
    this.#started = this.#start()
    return this.#started
  }

  /** Waits for the first attempt to open a session, and returns the open session, if there is one. */
  async started(): Promise<BridgeSession | undefined> {
    await this.#started
    return this.#current
  }

  async #start(): Promise<void> {
    await mkdir(this.#settings.sessionFolder, { recursive: true, mode: 0o700 })
    this.#unlock = lockFolder(this.#settings.sessionFolder)
    await this.#openSession()
  }

  get current(): BridgeSession | undefined {
    return this.#current
  }

  get state(): LinkState {
    return this.#failure?.state ?? this.#current?.link.status.state ?? 'starting'
  }

  /** When the current state began, Unix ms. */
  get since(): number {
    return this.#failure?.since ?? this.#current?.link.status.since ?? Date.now()
  }

  /** Archives the session file, and starts with a new one. Has no effect if the file is not damaged. */
  replaceDamagedSession(): Promise<void> {
    this.#replacing ??= this.#archiveDamaged().finally(() => {
      this.#replacing = undefined
    })
    return this.#replacing
  }

  async #archiveDamaged(): Promise<void> {
    await this.#started
    if (this.#failure?.state !== 'damaged') return
    await archive(this.#settings.sessionFolder, 'damaged', new Date())
    await this.#openSession()
  }

  /**
   * Returns whether the message with this id may have been sent. For use while no session is open: the sent messages
   * cannot be looked up then. Before this process has opened a session, any message may have been sent by an earlier
   * process.
   */
  mayHaveSent(id: string): boolean {
    return !this.#wasOpen || this.#maybeSent.get(id) !== undefined
  }

  /** Waits at most `graceMs` for sends in progress, and then stops everything. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const current = this.#current
    if (current) {
      await settledWithin(current.outbound.settled(), graceMs)
      await current.stop()
    }
    this.#daemon.close()
    this.#unlock()
  }

  async #openSession(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#stopped) return
    try {
      const opened = await BridgeSession.open({
        settings: this.#settings,
        daemon: this.#daemon,
        log: this.#log,
        mediaUrl: this.#mediaUrl,
        onQr: qr => void this.#printQr(qr),
        onRelay: id => void this.#maybeSent.set(id, true),
        onDiskError: error => void this.#onDiskError(error),
      })
      for (const id of opened.sentIds()) this.#maybeSent.set(id, true)
      this.#wasOpen = true
      if (this.#failure?.state === 'disk')
        this.#log.info('SESSION_DISK', `The session in ${this.#settings.sessionFolder} can be read and written again`)
      this.#failure = undefined
      this.#current = opened
      opened.start()
    } catch (error) {
      if (error instanceof DamagedLog) this.#onDamage(error)
      else this.#onDiskError(error)
    }
  }

  #onDamage(error: DamagedLog): void {
    this.#failure = { state: 'damaged', since: Date.now() }
    this.#log.error(
      'SESSION_DAMAGED',
      `${error.message}. The file is unchanged; repair it and restart the bridge, or request a new pairing, which archives it`,
    )
  }

  async #onDiskError(error: unknown): Promise<void> {
    if (this.#failure?.state !== 'disk') {
      this.#failure = { state: 'disk', since: Date.now() }
      this.#log.error(
        'SESSION_DISK',
        `The session in ${this.#settings.sessionFolder} cannot be read or written: ${reason(error)}; no messages are ` +
          'sent or received until this is solved, which the bridge checks every 5 s',
        {
          folder: this.#settings.sessionFolder,
        },
      )
    }
    const failed = this.#current
    this.#current = undefined
    await failed?.stop()
    // Deletes media files to free space, because messages, which must be kept, are more important.
    if (isFull(error)) await evictOldestFiles(join(this.#settings.sessionFolder, 'media'))
    clearTimeout(this.#timer)
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#openSession(), DISK_RETRY_MS)
  }

  async #printQr(qr: string): Promise<void> {
    const blocks = await QRCode.toString(qr, { type: 'utf8', errorCorrectionLevel: 'L', margin: 2 })
    this.#log.info('WA_QR', 'Scan this QR code with WhatsApp on the phone: Settings, Linked devices, Link a device')
    process.stdout.write(`${blocks}\n`)
  }
}

function isFull(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT'
}

const DISK_RETRY_MS = 5000
