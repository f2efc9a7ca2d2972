import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MessageEvent, WireEvent } from '../../src/wire/event.ts'
import { until } from './until.ts'

/** How the daemon answers events: it accepts them, answers with the given HTTP status, or does not answer. */
export type Behaviour = 'accepts' | 'hangs' | number

/** How the daemon proves that it has the secret: not at all (as older versions do), or with the given secret. */
export type Proof = 'none' | { readonly secret: string }

export interface DaemonRequest {
  readonly method: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export class FakeDaemon {
  behaviour: Behaviour = 'accepts'
  proof: Proof = 'none'
  /** All requests, including those for a proof. */
  readonly received: DaemonRequest[] = []
  /** In order, including repeated events. */
  readonly taken: WireEvent[] = []
  /** The number of posted events, accepted or not. */
  requests = 0
  readonly complaints: string[] = []
  readonly #server: Server
  readonly #secret: string

  private constructor(secret: string) {
    this.#secret = secret
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', chunk => chunks.push(chunk))
      request.on('end', () => {
        const body = Buffer.concat(chunks)
        const { method, headers } = request
        this.received.push({ method, headers, body: body.toString() })
        if (method === 'GET') {
          const nonce = headers['x-baileys-nonce']
          if (this.proof !== 'none') response.setHeader('x-baileys-proof', proofOf(this.proof.secret, String(nonce)))
          response.writeHead(405).end()
          return
        }
        this.requests++
        this.#check(request.headers, body)
        if (this.behaviour === 'hangs') return
        if (this.behaviour === 'accepts') this.taken.push(JSON.parse(body.toString()))
        response.statusCode = this.behaviour === 'accepts' ? 204 : this.behaviour
        response.end()
      })
    })
  }

  static async start(secret: string): Promise<FakeDaemon> {
    const daemon = new FakeDaemon(secret)
    await new Promise<void>(resolve => daemon.#server.listen(0, '127.0.0.1', resolve))
    return daemon
  }

  get target(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhook/whatsapp/baileys`
  }

  get messages(): MessageEvent[] {
    return this.taken.filter((event): event is MessageEvent => event.event === 'message')
  }

  get texts(): string[] {
    return this.messages.map(message => message.text)
  }

  event(what: string, fits: (event: WireEvent) => boolean): Promise<WireEvent> {
    return until(what, () => this.taken.find(fits))
  }

  async message(text: string): Promise<MessageEvent> {
    return until(`a message "${text}"`, () => this.messages.find(message => message.text === text))
  }

  async stop(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #check(headers: IncomingHttpHeaders, body: Buffer): void {
    const signature = createHmac('sha256', this.#secret).update(body).digest('hex')
    const secret = this.proof === 'none' ? this.#secret : undefined
    if (headers['x-baileys-secret'] !== secret) this.complaints.push('a wrong X-BAILEYS-SECRET')
    if (headers['x-baileys-signature'] !== signature) this.complaints.push('a wrong X-BAILEYS-SIGNATURE')
    if (headers['content-type'] !== 'application/json') this.complaints.push(`a ${headers['content-type']} body`)
  }
}

const proofOf = (secret: string, nonce: string) =>
  createHmac('sha256', secret).update(`agentlocator daemon proof\n${nonce}`).digest('hex')
