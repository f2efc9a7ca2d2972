import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import QRCode from 'qrcode'
import { atMost } from './at-most.ts'
import { type Log, reason } from './log.ts'
import { Run } from './run.ts'
import { lockFolder } from './session/lock.ts'
import { DamagedLog } from './session/read-log.ts'
import { setAside } from './session/session.ts'
import type { Settings } from './settings.ts'
import { Daemon } from './spool/daemon.ts'
import { makeRoom } from './spool/make-room.ts'
import type { LinkState } from './whatsapp/reaction.ts'
import { boundedCache } from './whatsapp/socket.ts'

/**
 * The whole bridge except its HTTP server: it keeps one run active, and starts a new one when the disk works again.
 */
export class Bridge {
  readonly #settings: Settings
  readonly #log: Log
  readonly #daemon: Daemon
  readonly #mediaUrl: (id: string) => string
  #unlock = () => {}
  #started: Promise<void> | undefined
  #run: Run | undefined
  #trouble: { state: LinkState; since: number } | undefined = { state: 'starting', since: Date.now() }
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #anew: Promise<void> | undefined
  /** Messages that this process may have passed to WhatsApp, kept even if the session is replaced. */
  readonly #handed = boundedCache(10_000)
  #hasRun = false

  constructor(settings: Settings, log: Log, mediaUrl: (id: string) => string) {
    this.#settings = settings
    this.#log = log
    this.#daemon = new Daemon(settings)
    this.#mediaUrl = mediaUrl
  }

  /** Locks the session's folder, and starts. Throws `InUse` if another process has the lock. */
  start(): Promise<void> {
    this.#started = this.#start()
    return this.#started
  }

  /** The parts, once it has started: `undefined` if the start failed. */
  async begun(): Promise<Run | undefined> {
    await this.#started
    return this.#run
  }

  async #start(): Promise<void> {
    await mkdir(this.#settings.sessionFolder, { recursive: true, mode: 0o700 })
    this.#unlock = lockFolder(this.#settings.sessionFolder)
    await this.#begin()
  }

  /** The parts, while there is a usable session. */
  get run(): Run | undefined {
    return this.#run
  }

  get state(): LinkState {
    return this.#trouble?.state ?? this.#run?.link.status.state ?? 'starting'
  }

  /** When this state began, Unix ms. */
  get since(): number {
    return this.#trouble?.since ?? this.#run?.link.status.since ?? Date.now()
  }

  /** Archives a session file that cannot be read, and starts without it. */
  beginAnew(): Promise<void> {
    this.#anew ??= this.#setAsideDamaged().finally(() => {
      this.#anew = undefined
    })
    return this.#anew
  }

  async #setAsideDamaged(): Promise<void> {
    await this.#started
    if (this.#trouble?.state !== 'damaged') return
    await setAside(this.#settings.sessionFolder, 'damaged', new Date())
    await this.#begin()
  }

  /** Without a session the sent messages cannot be looked up: whether the message with this id may have been sent. */
  mayHaveSent(id: string): boolean {
    return !this.#hasRun || this.#handed.get(id) !== undefined
  }

  /** Waits for work in progress, for `graceMs` at most, and then stops everything. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    const run = this.#run
    if (run) {
      await atMost(run.outbound.settled(), graceMs)
      await run.stop()
    }
    this.#daemon.close()
    this.#unlock()
  }

  async #begin(): Promise<void> {
    clearTimeout(this.#timer)
    if (this.#stopped) return
    try {
      const run = await Run.open({
        settings: this.#settings,
        daemon: this.#daemon,
        log: this.#log,
        mediaUrl: this.#mediaUrl,
        onQr: qr => void this.#printQr(qr),
        onHanded: id => void this.#handed.set(id, true),
        onDiskTrouble: error => void this.#onDiskTrouble(error),
      })
      this.#hasRun = true
      if (this.#trouble?.state === 'disk') this.#log.info('SESSION_DISK', 'The session can be written again')
      this.#trouble = undefined
      this.#run = run
      run.start()
    } catch (error) {
      if (error instanceof DamagedLog) this.#onDamage(error)
      else this.#onDiskTrouble(error)
    }
  }

  #onDamage(error: DamagedLog): void {
    this.#trouble = { state: 'damaged', since: Date.now() }
    this.#log.error(
      'SESSION_DAMAGED',
      `${error.message}. The file is unchanged; repair or restore it, or request a new pairing, which archives it`,
    )
  }

  async #onDiskTrouble(error: unknown): Promise<void> {
    if (this.#trouble?.state !== 'disk') {
      this.#trouble = { state: 'disk', since: Date.now() }
      this.#log.error(
        'SESSION_DISK',
        `The session cannot be written: ${reason(error)}. No messages are received until it can be written`,
        {
          folder: this.#settings.sessionFolder,
        },
      )
    }
    const run = this.#run
    this.#run = undefined
    await run?.stop()
    // Files can be fetched again, or are not essential; messages are.
    if (isFull(error)) await makeRoom(join(this.#settings.sessionFolder, 'media'))
    clearTimeout(this.#timer)
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#begin(), DISK_RETRY_MS)
  }

  /** Each code once, large enough for a phone's camera, and legible in the journal. */
  async #printQr(qr: string): Promise<void> {
    const blocks = await QRCode.toString(qr, { type: 'utf8', errorCorrectionLevel: 'L', margin: 2 })
    this.#log.info('WA_QR', 'Scan this code with WhatsApp on the phone: Settings, Linked devices, Link a device')
    process.stdout.write(`${blocks}\n`)
  }
}

function isFull(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException
  return code === 'ENOSPC' || code === 'EDQUOT'
}

const DISK_RETRY_MS = 5000
