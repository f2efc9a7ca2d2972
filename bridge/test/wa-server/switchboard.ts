// Routes the incoming stanzas of a connection to the parts of the server.
import type { BinaryNode, proto } from 'baileys'
import type { Connection, ConnectionEvents } from './connection.ts'
import { Inbound } from './inbound.ts'
import { Login } from './login.ts'
import type { Network } from './network.ts'
import { Outbound } from './outbound.ts'
import { Pairing } from './pairing.ts'
import { type Presence, presenceOf } from './presences.ts'
import { Queries } from './queries.ts'
import { Receipts } from './receipts.ts'
import { resend } from './resend.ts'
import { stanza } from './stanza.ts'

const SERVER = 's.whatsapp.net'

export class Switchboard implements ConnectionEvents {
  readonly inbound: Inbound
  readonly receipts: Receipts
  readonly outbound: Outbound
  readonly pairing: Pairing
  readonly logins: Login
  readonly queries: Queries
  readonly presences: Presence[] = []

  constructor(
    private readonly network: Network,
    private readonly tracing: boolean,
  ) {
    this.inbound = new Inbound(network)
    this.receipts = new Receipts(network)
    this.outbound = new Outbound(network, this.receipts, message => resend(network, this.inbound, message))
    this.pairing = new Pairing(network, () => {
      this.inbound.abandon()
      this.receipts.abandon()
    })
    this.logins = new Login(network, this.pairing)
    this.queries = new Queries(network, this.pairing, () => this.deliverPending())
  }

  login(connection: Connection, payload: proto.ClientPayload, noiseKey: Buffer): void {
    const { options } = this.network
    setTimeout(() => {
      if (connection.open) this.guard(connection, () => this.logins.arrive(connection, payload, noiseKey))
    }, options.loginDelayMs)
  }

  stanza(connection: Connection, node: BinaryNode): void {
    this.guard(connection, () => this.take(connection, node))
  }

  closed(connection: Connection, code: number): void {
    const { network } = this
    if (network.live === connection) network.live = undefined
    network.journal.note('disconnect', { connection: connection.id, code })
  }

  failed(connection: Connection, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.network.journal.note('error', { connection: connection.id, error: text })
  }

  trace(direction: '>>' | '<<', node: BinaryNode): void {
    if (this.tracing) process.stderr.write(`${direction} ${JSON.stringify(node).slice(0, 400)}\n`)
  }

  /** An exception in a handler is recorded. */
  private guard(connection: Connection, work: () => void | Promise<void>): void {
    this.network.turn(work).catch(error => this.failed(connection, error))
  }

  private async take(connection: Connection, node: BinaryNode): Promise<void> {
    const { journal } = this.network
    switch (node.tag) {
      case 'iq':
        return this.queries.take(connection, node)
      case 'message':
        return this.outbound.take(connection, node)
      case 'receipt':
        return this.inbound.takeReceipt(node)
      case 'ack': {
        const { class: about, id, error } = node.attrs
        journal.note('ack', { class: about, id, error })
        if (about === 'message') this.inbound.takeAck(node)
        if (about === 'receipt') this.receipts.takeAck(node)
        return
      }
      case 'presence':
      case 'chatstate': {
        const presence = presenceOf(node)
        if (!presence) return
        this.presences.push(presence)
        journal.note('presence', { ...presence })
        return
      }
    }
  }

  private async deliverPending(): Promise<void> {
    const { network } = this
    if (network.options.deaf === 'always') return
    network.options.deaf = null
    const [message, receipt] = [this.inbound.waiting, this.receipts.waiting]
    const count = String(message + receipt)
    const preview = { count, message: String(message), receipt: String(receipt), notification: '0', appdata: '0' }
    network.send(stanza('ib', { from: SERVER }, [stanza('offline_preview', preview)]))
    await this.inbound.deliverPending()
    this.receipts.deliverPending()
    if (!network.options.withholdOffline) network.send(stanza('ib', { from: SERVER }, [stanza('offline', { count })]))
    network.journal.note('offline-done', { count: message + receipt })
  }
}
