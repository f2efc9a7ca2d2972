import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WASocket } from 'baileys'
import { atMost } from './at-most.ts'
import type { Log } from './log.ts'
import { DiskTrouble } from './session/log-file.ts'
import { Session } from './session/session.ts'
import type { Settings } from './settings.ts'
import { Courier } from './spool/courier.ts'
import type { Daemon } from './spool/daemon.ts'
import { type Forgotten, forget } from './spool/forget.ts'
import { Inbox, type InboxEntry } from './spool/inbox.ts'
import { MediaStore } from './spool/media.ts'
import { makeUnpack } from './spool/unpack.ts'
import type { Self } from './whatsapp/address.ts'
import { DurableInbound } from './whatsapp/inbound.ts'
import { Link } from './whatsapp/link.ts'
import { LinkCheck } from './whatsapp/link-check.ts'
import { Outbound } from './whatsapp/outbound.ts'
import { FileRefused, fetchDaemonFile, fetchFile, isDaemonFile, type OutgoingFile } from './whatsapp/outgoing-file.ts'
import { Placeholders } from './whatsapp/placeholders.ts'
import { Receipts } from './whatsapp/receipts.ts'
import { SentMessages } from './whatsapp/sent.ts'
import { withTransactions } from './whatsapp/signal.ts'
import { boundedCache, openSocket, quietLogger } from './whatsapp/socket.ts'

/** The dependencies of a run. */
export interface RunParts {
  readonly settings: Settings
  readonly daemon: Daemon
  readonly log: Log
  /** The address of a file for the daemon. */
  readonly mediaUrl: (id: string) => string
  readonly onQr: (qr: string) => void
  /** Called before WhatsApp may get the message with this id. */
  readonly onHanded: (id: string) => void
  /** Called once, when a necessary write fails: the run must end. */
  readonly onDiskTrouble: (error: unknown) => void
}

/** The bridge from one load of the session file to the next: all parts that keep some of it in memory. */
export class Run {
  readonly session: Session
  readonly inbox: Inbox
  readonly inbound: DurableInbound
  readonly media: MediaStore
  readonly link: Link
  readonly linkCheck: LinkCheck
  readonly outbound: Outbound
  readonly courier: Courier
  readonly #sent: SentMessages
  readonly #parts: RunParts
  #over = false
  #pruning: NodeJS.Timeout | undefined

  private constructor(session: Session, parts: RunParts) {
    const { settings, log, daemon } = parts
    const trouble = (error: unknown) => this.#giveUp(error)
    const self = (): Self => ({ phone: session.creds.me?.id, lid: session.creds.me?.lid })
    // The connection must close before Baileys can acknowledge a message that could not be stored.
    session.file.onBroken = trouble
    this.#parts = parts
    this.session = session
    this.inbox = new Inbox(session)
    this.#sent = new SentMessages(session)
    this.media = new MediaStore({
      session,
      settings,
      folder: join(settings.sessionFolder, 'media'),
      renew: message => this.#socket().updateMediaMessage(message),
      isConnected: () => this.link.live !== undefined,
      log,
    })
    const placeholders = new Placeholders(session, self)
    this.inbound = new DurableInbound({
      session,
      keys: withTransactions(session.keys, quietLogger(log)),
      inbox: this.inbox,
      media: this.media,
      placeholders,
      self,
      log,
    })
    const { inbound } = this
    const receipts = new Receipts(this.inbox, session.keys, self)
    const retries = boundedCache(2000)
    const sentMessage = (id: string) => this.#sent.message(id)
    this.link = new Link(
      session,
      settings,
      log,
      (version, qrMs) => openSocket({ settings, session, inbound, log, version, qrMs, sentMessage, retries }),
      {
        onQr: parts.onQr,
        onSocket: socket => {
          receipts.attach(socket)
          this.outbound.attach(socket)
          this.linkCheck.attach(socket)
        },
        onUnlinked: () => this.linkCheck.forget(),
        onDropped: () =>
          atMost(Promise.all([inbound.detach(), receipts.detach(), this.outbound.settled()]), SETTLED_MS),
        onDiskTrouble: trouble,
      },
    )
    this.linkCheck = new LinkCheck({
      socket: () => this.link.live,
      reconnect: why => this.link.reconnect(why),
      everyMs: settings.linkCheckMs,
      log,
    })
    this.outbound = new Outbound({
      sent: this.#sent,
      socket: () => this.link.live,
      fetchFile: url => this.#fetch(url),
      onHanded: parts.onHanded,
      pacing: settings.pacing,
      log,
    })
    const unpack = makeUnpack({
      settings,
      creds: () => session.creds,
      keys: session.keys,
      media: this.media,
      placeholders,
      mediaUrl: parts.mediaUrl,
    })
    this.courier = new Courier({
      inbox: this.inbox,
      daemon,
      unpack,
      setAside: (id, entry, why) => this.#setAside(id, entry, why),
      onDiskTrouble: trouble,
      log,
    })
  }

  /** Opens the session and creates the run. Throws `DamagedLog`, or the file system's error. */
  static async open(parts: RunParts): Promise<Run> {
    const session = await Session.open(parts.settings.sessionFolder)
    try {
      // Verifies that the disk is writable before the connection to WhatsApp opens.
      await session.saveCreds()
      // Files whose upload was in progress when the process ended.
      await rm(join(parts.settings.sessionFolder, 'outgoing'), { recursive: true, force: true })
      const run = new Run(session, parts)
      await run.media.start()
      return run
    } catch (error) {
      await session.close()
      throw error
    }
  }

  /** Delivers the waiting events to the daemon, and connects to WhatsApp. */
  start(): void {
    this.courier.start()
    this.link.connect()
    this.linkCheck.start()
    this.#pruning = setInterval(() => this.#prune(), PRUNING_MS)
    this.#pruning.unref()
    this.#prune()
  }

  /** Stops all of it; pending writes are completed. */
  async stop(): Promise<void> {
    this.#over = true
    clearInterval(this.#pruning)
    this.linkCheck.stop()
    this.courier.stop()
    this.media.stop()
    await this.link.stop()
    await this.session.close().catch(() => undefined)
  }

  #giveUp(error: unknown): void {
    if (this.#over) return
    this.#over = true
    // First of all: a message that could not be stored must not be acknowledged.
    void this.link.stop()
    this.#parts.onDiskTrouble(error)
  }

  #socket(): WASocket {
    const socket = this.link.live
    if (!socket) throw new Error('the bridge is not connected to WhatsApp')
    return socket
  }

  /** A file to be sent: one that this bridge received, one of the daemon, or one from the internet. */
  async #fetch(url: string): Promise<OutgoingFile> {
    const { settings, mediaUrl } = this.#parts
    const id = /\/media\/([0-9a-f]{32})$/.exec(url)?.[1]
    if (id && url === mediaUrl(id)) {
      const entry = this.media.find(id)
      if (entry?.state === 'wanted') throw new Error('the file is still being fetched')
      if (entry?.state !== 'here') throw new FileRefused(entry?.why ?? 'there is no such file')
      return { path: this.media.path(id), mime: entry.mime, name: entry.name, release: async () => {} }
    }
    const folder = join(settings.sessionFolder, 'outgoing')
    if (isDaemonFile(url)) return fetchDaemonFile(url, settings, folder, settings.maxMediaBytes)
    return fetchFile(url, folder, settings.maxMediaBytes)
  }

  async #setAside(id: string, entry: InboxEntry, why: string): Promise<void> {
    const folder = this.#refusedFolder
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(join(folder, `${id}-${Date.now()}.json`), JSON.stringify({ why, entry }), { mode: 0o600 })
    } catch (error) {
      throw new DiskTrouble((error as Error).message, { cause: error })
    }
  }

  /** Deletes what the bridge has of a contact. */
  forget(addresses: readonly string[]): Promise<Forgotten> {
    return forget(this.session, this.media, this.#refusedFolder, addresses)
  }

  get #refusedFolder(): string {
    return join(this.#parts.settings.sessionFolder, 'refused')
  }

  #prune(): void {
    this.#sent.prune(Date.now()).catch(error => this.#giveUp(error))
  }
}

/** The longest time that a new socket waits for the unfinished work of an old one. */
const SETTLED_MS = 10_000
const PRUNING_MS = 6 * 3_600_000
