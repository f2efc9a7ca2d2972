import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WASocket } from 'baileys'
import { boundedCache } from './bounded-cache.ts'
import type { DaemonClient } from './delivery/daemon-client.ts'
import { makeToEvents } from './delivery/to-events.ts'
import { WebhookDelivery } from './delivery/webhook-delivery.ts'
import type { Log } from './log.ts'
import { DiskError } from './session/log-file.ts'
import { Session } from './session/session.ts'
import type { Settings } from './settings.ts'
import { type Forgotten, forget } from './spool/forget.ts'
import { Inbox, type InboxEntry } from './spool/inbox.ts'
import { MediaStore } from './spool/media.ts'
import type { Self } from './whatsapp/envelope.ts'
import { DurableInbound } from './whatsapp/inbound.ts'
import { Link } from './whatsapp/link.ts'
import { LinkCheck } from './whatsapp/link-check.ts'
import { Outbound } from './whatsapp/outbound.ts'
import { FileRefused, fetchDaemonFile, fetchFile, isDaemonFile, type OutgoingFile } from './whatsapp/outgoing-file.ts'
import { Placeholders } from './whatsapp/placeholders.ts'
import { Receipts } from './whatsapp/receipts.ts'
import { SentMessages } from './whatsapp/sent-messages.ts'
import { withTransactions } from './whatsapp/signal.ts'
import { openSocket, quietLogger } from './whatsapp/socket.ts'
import { settledWithin } from './with-timeout.ts'

export interface BridgeSessionDependencies {
  readonly settings: Settings
  readonly daemon: DaemonClient
  readonly log: Log
  /** Returns the URL from which the daemon fetches the file with this id. */
  readonly mediaUrl: (id: string) => string
  readonly onQr: (qr: string) => void
  /** Called before the message with this id is passed to WhatsApp. */
  readonly onRelay: (id: string) => void
  /** Called once, after the first disk error: the owner must then stop this bridge session. */
  readonly onDiskError: (error: unknown) => void
}

/**
 * The parts of the bridge that keep state of the session file in memory. The bridge creates a new bridge session each
 * time it opens the file.
 */
export class BridgeSession {
  readonly session: Session
  readonly inbox: Inbox
  readonly inbound: DurableInbound
  readonly media: MediaStore
  readonly link: Link
  readonly linkCheck: LinkCheck
  readonly outbound: Outbound
  readonly delivery: WebhookDelivery
  readonly #sent: SentMessages
  readonly #dependencies: BridgeSessionDependencies
  #ended = false
  #pruning: NodeJS.Timeout | undefined

  private constructor(session: Session, dependencies: BridgeSessionDependencies) {
    const { settings, log, daemon } = dependencies
    const onDiskError = (error: unknown) => this.#fail(error)
    const self = (): Self => ({ phone: session.creds.me?.id, lid: session.creds.me?.lid })
    // The connection must close before Baileys can acknowledge a message that could not be stored.
    session.file.onBroken = onDiskError
    this.#dependencies = dependencies
    this.session = session
    this.inbox = new Inbox(session)
    this.#sent = new SentMessages(session)
    this.media = new MediaStore({
      session,
      settings,
      folder: join(settings.sessionFolder, 'media'),
      renew: message => this.#socket().updateMediaMessage(message),
      isConnected: () => this.link.connectedSocket !== undefined,
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
    this.link = new Link({
      session,
      settings,
      log,
      openSocket: (version, qrMs) =>
        openSocket({ settings, session, inbound, log, version, qrMs, sentMessage, retries }),
      listener: {
        onQr: dependencies.onQr,
        onSocket: socket => {
          receipts.attach(socket)
          this.outbound.attach(socket)
          this.linkCheck.attach(socket)
        },
        onUnlinked: () => this.linkCheck.forget(),
        onSocketClosed: () =>
          settledWithin(Promise.all([inbound.detach(), receipts.detach(), this.outbound.settled()]), SETTLED_MS),
        onDiskError,
      },
    })
    this.linkCheck = new LinkCheck({
      socket: () => this.link.connectedSocket,
      reconnect: why => this.link.reconnect(why),
      everyMs: settings.linkCheckMs,
      log,
    })
    this.outbound = new Outbound({
      sent: this.#sent,
      socket: () => this.link.connectedSocket,
      fetchFile: url => this.#fetch(url),
      onRelay: dependencies.onRelay,
      pacing: settings.pacing,
      log,
    })
    const toEvents = makeToEvents({
      settings,
      creds: () => session.creds,
      keys: session.keys,
      media: this.media,
      placeholders,
      mediaUrl: dependencies.mediaUrl,
    })
    this.delivery = new WebhookDelivery({
      inbox: this.inbox,
      daemon,
      toEvents,
      archive: (id, entry, why) => this.#archiveRefused(id, entry, why),
      onDiskError,
      log,
    })
  }

  /** Opens the session file, and resumes the downloads of files. Throws `DamagedLog`, or an error of the disk. */
  static async open(dependencies: BridgeSessionDependencies): Promise<BridgeSession> {
    const session = await Session.open(dependencies.settings.sessionFolder)
    try {
      // Verifies that the disk is writable before the connection to WhatsApp opens.
      await session.saveCreds()
      // Deletes the files of sends that were in progress when the previous bridge session or process ended.
      await rm(join(dependencies.settings.sessionFolder, 'outgoing'), { recursive: true, force: true })
      const opened = new BridgeSession(session, dependencies)
      await opened.media.start()
      return opened
    } catch (error) {
      await session.close()
      throw error
    }
  }

  start(): void {
    this.delivery.start()
    this.link.connect()
    this.linkCheck.start()
    this.#pruning = setInterval(() => this.#prune(), PRUNING_MS)
    this.#pruning.unref()
    this.#prune()
  }

  async stop(): Promise<void> {
    this.#ended = true
    clearInterval(this.#pruning)
    this.linkCheck.stop()
    this.delivery.stop()
    this.media.stop()
    await this.link.stop()
    await this.session.close().catch(() => undefined)
  }

  /** Yields the ids of the outbound messages in the session file, oldest first. */
  sentIds(): Iterable<string> {
    return this.#sent.ids()
  }

  #fail(error: unknown): void {
    if (this.#ended) return
    this.#ended = true
    // The link stops first: Baileys must not acknowledge a message that could not be stored.
    void this.link.stop()
    this.#dependencies.onDiskError(error)
  }

  #socket(): WASocket {
    const socket = this.link.connectedSocket
    if (!socket) throw new Error('the bridge is not connected to WhatsApp')
    return socket
  }

  /** Fetches a file to be sent: one that this bridge received, a file of the daemon, or a file from the internet. */
  async #fetch(url: string): Promise<OutgoingFile> {
    const { settings, mediaUrl } = this.#dependencies
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

  async #archiveRefused(id: string, entry: InboxEntry, why: string): Promise<void> {
    const folder = this.#refusedFolder
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeFile(join(folder, `${id}-${Date.now()}.json`), JSON.stringify({ why, entry }), { mode: 0o600 })
    } catch (error) {
      throw new DiskError((error as Error).message, { cause: error })
    }
  }

  /**
   * Deletes the stored data of these addresses, and all archived session files. The encryption keys of their chats are
   * kept.
   */
  forget(addresses: readonly string[]): Promise<Forgotten> {
    return forget(this.session, this.inbox, this.media, this.#refusedFolder, addresses)
  }

  get #refusedFolder(): string {
    return join(this.#dependencies.settings.sessionFolder, 'refused')
  }

  #prune(): void {
    this.#sent.prune(Date.now()).catch(error => this.#fail(error))
  }
}

/** How long a new socket waits at most for the unfinished work of the previous one. */
const SETTLED_MS = 10_000
const PRUNING_MS = 6 * 3_600_000
