// A client's connection: handshake, stanzas in both directions, and its end.
import type { Socket } from 'node:net'
import { type BinaryNode, decodeBinaryNode, encodeBinaryNode, type KeyPair, type proto } from 'baileys'
import { WebSocket } from 'ws'
import { NoiseResponder } from './noise.ts'

/** The time for a last stanza to arrive before the connection is closed, in ms. */
const FAREWELL_MS = 20

export interface ConnectionEvents {
  login(connection: Connection, payload: proto.ClientPayload, noiseKey: Buffer): void
  stanza(connection: Connection, node: BinaryNode): void
  closed(connection: Connection, code: number): void
  failed(connection: Connection, error: unknown): void
  trace(direction: '>>' | '<<', node: BinaryNode): void
}

export class Connection {
  /** The client has requested its waiting messages. From then on, messages are sent at once. */
  active = false
  private frozen = false
  private decoding: Promise<void> = Promise.resolve()
  private readonly noise: NoiseResponder

  constructor(
    readonly id: number,
    private readonly socket: WebSocket,
    private readonly tcp: Socket,
    identity: { key: KeyPair; chain: Uint8Array },
    private readonly events: ConnectionEvents,
  ) {
    this.noise = new NoiseResponder(identity.key, identity.chain, bytes => {
      if (this.open) socket.send(bytes)
    })
    socket.on('message', data => this.receive(data as Buffer))
    socket.on('close', code => events.closed(this, code))
    socket.on('error', () => {})
  }

  get open(): boolean {
    return this.socket.readyState === WebSocket.OPEN && !this.frozen
  }

  send(node: BinaryNode): void {
    if (!this.open) return
    this.events.trace('>>', node)
    this.noise.send(encodeBinaryNode(node))
  }

  /** Closes the connection after the sent data has had time to arrive. */
  close(): void {
    setTimeout(() => this.socket.close(), FAREWELL_MS)
  }

  reset(): void {
    this.tcp.resetAndDestroy()
  }

  /**
   * From now on, neither reads nor answers stanzas; TCP stays open until the client closes it. Bytes are still read
   * from the socket and discarded, so that the end of the connection is detected.
   */
  freeze(): void {
    this.frozen = true
    this.tcp.removeAllListeners('data')
    this.tcp.resume()
  }

  private receive(bytes: Buffer): void {
    try {
      for (const event of this.noise.receive(bytes)) {
        if (event.kind === 'login') this.events.login(this, event.payload, event.noiseKey)
        else this.decode(event.bytes)
      }
    } catch (error) {
      this.events.failed(this, error)
      this.socket.terminate()
    }
  }

  /** Decodes stanzas asynchronously, but in order. */
  private decode(bytes: Buffer): void {
    this.decoding = this.decoding
      .then(async () => {
        const node = await decodeBinaryNode(bytes)
        this.events.trace('<<', node)
        this.events.stanza(this, node)
      })
      .catch(error => this.events.failed(this, error))
  }
}
