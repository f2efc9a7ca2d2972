import * as http from 'node:http'
import * as https from 'node:https'
import { hmac } from '../hmac.ts'
import type { Log } from '../log.ts'
import type { Settings } from '../settings.ts'
import type { WireEvent } from '../wire/event.ts'
import { DaemonProof } from './daemon-proof.ts'

export type DeliveryResult =
  /** The daemon has the event on disk. */
  | { readonly kind: 'accepted' }
  /** The daemon refuses the event permanently. */
  | { readonly kind: 'refused'; readonly status: number }
  /** The event was not delivered, and a retry may succeed. `status` is missing if the daemon did not answer it. */
  | { readonly kind: 'later'; readonly why: string; readonly status?: number }

export class DaemonClient {
  readonly #settings: Settings
  readonly #agent: http.Agent
  readonly #proof: DaemonProof

  constructor(settings: Settings, log: Log) {
    this.#settings = settings
    this.#proof = new DaemonProof(settings, log)
    const options = { keepAlive: true, maxSockets: 8, keepAliveMsecs: 5000 }
    this.#agent = settings.target.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options)
  }

  /** Delivers an event. Never throws: every failure is a `DeliveryResult`. */
  async deliver(event: WireEvent): Promise<DeliveryResult> {
    const body = Buffer.from(JSON.stringify(event))
    try {
      const status = await this.#post(body).catch(error => {
        // If the daemon closes an idle connection at this moment, the error says nothing about the daemon's state:
        // retry once.
        if (error instanceof StaleConnection) return this.#post(body)
        throw error
      })
      if (status >= 200 && status < 300) return { kind: 'accepted' }
      // Only a refusal of the content is permanent. An operator can fix wrong authentication or a wrong address, and
      // then the daemon accepts the same event.
      if (CONTENT_REFUSED.has(status)) return { kind: 'refused', status }
      return { kind: 'later', status, why: `the daemon answered ${status}` }
    } catch (error) {
      return { kind: 'later', why: (error as Error).message || (error as NodeJS.ErrnoException).code || 'no answer' }
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Whether the next request reuses an open connection, which no other program can have taken over. */
  get #isConnected(): boolean {
    return Object.values(this.#agent.freeSockets).some(idle => idle?.some(socket => !socket.destroyed))
  }

  async #post(body: Buffer): Promise<number> {
    const { target, targetSocket, token, signingKey } = this.#settings
    const headers: http.OutgoingHttpHeaders = { 'content-type': 'application/json', 'content-length': body.length }
    if (signingKey) headers['x-baileys-signature'] = hmac(signingKey, body)
    // There must be no `await` between this check and the request, which takes a free connection at once: otherwise
    // another post could take the connection that the check has found.
    while (token && !this.#proof.isVerified(this.#isConnected)) {
      if (await this.#proof.needsSecret()) {
        headers['x-baileys-secret'] = token
        break
      }
    }
    const { request: open } = target.protocol === 'https:' ? https : http
    return new Promise((resolve, reject) => {
      const route = targetSocket === undefined ? {} : { socketPath: targetSocket }
      const options = { ...route, method: 'POST', headers, agent: this.#agent, timeout: ANSWER_MS }
      const request = open(target, options, response => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
        response.on('error', reject)
      })
      request.on('timeout', () => request.destroy(new Error('the daemon does not answer')))
      request.on('error', (error: NodeJS.ErrnoException) => {
        reject(request.reusedSocket && error.code === 'ECONNRESET' ? new StaleConnection() : error)
      })
      request.end(body)
    })
  }
}

class StaleConnection extends Error {}

const ANSWER_MS = 15_000
/** The statuses that refuse the content: bad request, too large, unsupported media type, unprocessable (RFC 9110). */
const CONTENT_REFUSED = new Set([400, 413, 415, 422])
