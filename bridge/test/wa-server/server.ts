// A WhatsApp server for tests, on loopback. An unmodified Baileys client can pair, log in, receive and send.
import { createServer as createHttpServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Curve, type KeyPair } from 'baileys'
import { WebSocketServer } from 'ws'
import { type Certificate, makeCertificate } from './certificate.ts'
import { Connection } from './connection.ts'
import { contentOf } from './content.ts'
import { controlServer } from './control.ts'
import { DROPS, drop } from './endings.ts'
import { historyMessage } from './history.ts'
import { Journal, type JournalEntry } from './journal.ts'
import type { NextLogin } from './login.ts'
import { MediaHost } from './media-host.ts'
import { Network } from './network.ts'
import { certificateChain } from './noise.ts'
import { change, DEFAULTS, type Options, type OptionsPatch } from './options.ts'
import type { Linked } from './pairing.ts'
import { RECEIPT_TYPES } from './receipts.ts'
import type * as requests from './requests.ts'
import { routeOf } from './requests.ts'
import { restrictionNotice } from './restriction.ts'
import { quietLibsignal } from './signal-store.ts'
import { newMessageId } from './stanza.ts'
import { Switchboard } from './switchboard.ts'
import { Users } from './users.ts'

export interface StartOptions {
  /** The port for clients; 0 (default) selects a free port. */
  port?: number
  /** The port of the control API; 0 (default) selects a free port. */
  controlPort?: number
  /** The root of the certificate chain; by default a new one. Servers with the same root can share a client process. */
  root?: KeyPair
  /** The media host's certificate; by default a new one. */
  certificate?: Certificate
  /** Whether stanzas are printed on stderr. */
  trace?: boolean
  /** Options that differ from the defaults. */
  options?: OptionsPatch
}

let quiet = false

/** The methods implement the control API; each throws an exception for an invalid request. */
export class WaServer {
  /** The URL for `waWebSocketUrl`. */
  readonly url: string
  /** The control API's address. */
  readonly control: string
  /** The root key in hex, for WA_TEST_ROOT_KEY. */
  readonly rootKey: string
  /** The media host's certificate, for NODE_EXTRA_CA_CERTS. */
  readonly mediaCa: string
  /** The media host, for WA_TEST_MEDIA_HOST. */
  readonly mediaHost: string
  private readonly parts: Switchboard
  private readonly sockets: WebSocketServer
  private connections = 0

  private constructor(
    private readonly network: Network,
    private readonly http: Server,
    private readonly controlHttp: Server,
    private readonly certificate: Certificate,
    private readonly start: StartOptions,
  ) {
    this.parts = new Switchboard(network, start.trace === true)
    const root = start.root ?? Curve.generateKeyPair()
    const key = Curve.generateKeyPair()
    const identity = { key, chain: certificateChain(root, key.public) }
    this.sockets = new WebSocketServer({ server: http })
    this.sockets.on('connection', (socket, request) => {
      const connection = new Connection(++this.connections, socket, request.socket, identity, this.parts)
      network.journal.note('connect', { connection: connection.id })
    })
    http.on('connection', (socket: Socket) => {
      if (network.options.refuseConnections) socket.destroy()
    })
    this.url = `ws://127.0.0.1:${portOf(http)}/ws/chat`
    this.control = `http://127.0.0.1:${portOf(controlHttp)}`
    this.rootKey = Buffer.from(root.public).toString('hex')
    this.mediaCa = certificate.file
    this.mediaHost = network.media.host
    controlHttp.on('request', controlServer(this))
  }

  static async start(start: StartOptions = {}): Promise<WaServer> {
    if (!quiet) quietLibsignal()
    quiet = true
    const options = { ...DEFAULTS }
    change(options, start.options ?? {})
    const certificate = start.certificate ?? (await makeCertificate())
    const journal = new Journal()
    const media = new MediaHost(certificate, journal)
    await media.listen()
    const http = await listening(start.port)
    const controlHttp = await listening(start.controlPort)
    const network = new Network(options, journal, new Users(options), media)
    return new WaServer(network, http, controlHttp, certificate, start)
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets.clients) socket.terminate()
    for (const server of [this.http, this.controlHttp]) {
      server.close()
      server.closeAllConnections()
    }
    this.network.media.close()
    if (!this.start.certificate) await this.certificate.remove()
  }

  scan({ qr }: { qr: string }): Linked | { refresh: true } {
    return this.parts.pairing.scan(qr)
  }

  enterCode({ code }: { code: string }): Promise<Linked> {
    return this.parts.pairing.enterCode(code)
  }

  async inbound(request: requests.InboundRequest): Promise<{ id: string }> {
    const { users, groups, media } = this.network
    const sender = users.byPhone(request.from, { name: request.name, lid: request.lid })
    const route = routeOf(request)
    if (route.kind === 'group') groups.set(route.chat, (groups.get(route.chat) ?? new Set()).add(sender))
    let content = contentOf(request, media)
    if (request.viewOnce === 'wrapped') content = { viewOnceMessageV2: { message: content } }
    const unavailable = request.viewOnce === true ? 'view_once' : request.absent ? 'absent' : false
    const id = request.id ?? newMessageId()
    await this.parts.inbound.add({ id, sender, route, content, unavailable, lost: request.media?.gone === 'lost' })
    return { id }
  }

  /** The linked device gets a copy. */
  async fromPhone(request: requests.FromPhoneRequest): Promise<{ id: string }> {
    const { users, media } = this.network
    const { addressing = 'pn', id = newMessageId() } = request
    const route = { kind: 'own', recipient: users.named(request.to), addressing } as const
    const content = contentOf(request, media)
    await this.parts.inbound.add({ id, sender: users.own, route, content, unavailable: false, lost: false })
    return { id }
  }

  async history(request: requests.HistoryRequest): Promise<{ id: string }> {
    const content = historyMessage(request, this.network.media)
    const sender = this.network.users.own
    const id = newMessageId()
    await this.parts.inbound.add({ id, sender, route: { kind: 'peer' }, content, unavailable: false, lost: false })
    return { id }
  }

  /** The ciphertext is the same as before. */
  async redeliver({ id, offline }: { id: string; offline?: boolean }): Promise<void> {
    await this.parts.inbound.redeliver(id, offline)
  }

  corruptNext(): void {
    this.parts.inbound.corruptNext()
  }

  /** Gives that user a new phone, so that the next message opens a new session. */
  forget({ from }: { from: string }): void {
    this.network.users.named(from).forget()
  }

  /** Sends a recipient's receipt for a message of the device or the business's own phone. */
  async receipt({ id, type = 'delivery', ids = [], from, addressing }: requests.ReceiptRequest): Promise<void> {
    if (!RECEIPT_TYPES.includes(type)) throw new Error(`no such receipt: ${type}`)
    const { users, groups } = this.network
    const chat = this.parts.outbound.find(id)?.to ?? this.chatOfOwn(id)
    if (!chat) throw new Error(`nothing was sent with the id ${id}`)
    const [member] = groups.get(chat) ?? []
    const user = from ? users.named(from) : (users.byJid(chat) ?? member ?? users.own)
    if (type === 'retry') {
      user.renewSession()
      this.parts.outbound.unreadable(id)
    }
    const address = addressing && !groups.has(chat) ? (addressing === 'lid' ? user.lidJid : user.jid) : chat
    await this.parts.receipts.send(type, { ids: [id, ...ids], chat: address, user })
  }

  /** Ends the connection of the device, or otherwise that of the client that is not linked yet. */
  drop({ kind, code }: requests.DropRequest): void {
    if (!DROPS.includes(kind)) throw new Error(`no such kind of end: ${kind}`)
    const connection = this.network.live ?? this.parts.pairing.waiting
    if (!connection) throw new Error('the bridge is not connected')
    drop(this.network, connection, kind, code)
  }

  /** `until`: when the account may begin new chats again, Unix ms; null: now. */
  restrict({ until }: requests.RestrictRequest): void {
    if (!this.network.live) throw new Error('the bridge is not connected')
    this.network.send(restrictionNotice(until))
  }

  /** Without a request, the login succeeds. */
  nextLogin(next: NextLogin = {}): void {
    this.parts.logins.expect(next)
  }

  options(patch: OptionsPatch = {}): Options {
    change(this.network.options, patch)
    return { ...this.network.options }
  }

  state() {
    const { account, live } = this.network
    return {
      connected: live !== undefined,
      awaitingScan: this.parts.pairing.waiting !== undefined,
      account: account
        ? { jid: account.jid, lid: account.lidJid, preKeys: account.preKeys.length, revoked: account.revoked }
        : null,
      logins: this.parts.logins.count,
      registrations: this.parts.pairing.registrations,
      inbound: this.parts.inbound.view(),
      outbound: this.parts.outbound.messages,
      presences: this.parts.presences,
      iqs: this.parts.queries.counts,
    }
  }

  events({ after = 0 }: { after?: number } = {}): JournalEntry[] {
    return this.network.journal.after(after)
  }

  get journal(): Journal {
    return this.network.journal
  }

  async until(isSo: () => boolean): Promise<void> {
    if (!isSo()) await this.network.journal.wait(isSo, { after: this.network.journal.last })
  }

  private chatOfOwn(id: string): string | undefined {
    const message = this.parts.inbound.find(id)
    if (message?.route.kind !== 'own') return undefined
    const { recipient, addressing } = message.route
    return addressing === 'lid' ? recipient.lidJid : recipient.jid
  }
}

async function listening(port = 0): Promise<Server> {
  const server = createHttpServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return server
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port
