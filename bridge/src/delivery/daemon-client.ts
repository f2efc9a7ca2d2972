import * as http from 'node:http'
import * as https from 'node:https'
import { hmac } from '../hmac.ts'
import type { Log } from '../log.ts'
import type { Settings } from '../settings.ts'
import type { WireEvent } from '../wire/event.ts'
import { DaemonProof } from './daemon-proof.ts'

/** The daemon's answer to an event. */
export type DeliveryResult =
  /** The daemon has it on disk. */
  | { readonly kind: 'accepted' }
  /** The daemon refuses it permanently. */
  | { readonly kind: 'refused'; readonly status: number }
  /** The daemon cannot accept it at the moment. */
  | { readonly kind: 'later'; readonly why: string; readonly status?: number }

/** The client of the daemon: one address that accepts events. */
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

  /** Delivers an event. Never throws. */
  async deliver(event: WireEvent): Promise<DeliveryResult> {
    const body = Buffer.from(JSON.stringify(event))
    try {
      const status = await this.#post(body).catch(error => {
        // If the daemon closes a kept connection at this moment, the error says nothing about the daemon's state.
        if (error instanceof StaleConnection) return this.#post(body)
        throw error
      })
      if (status >= 200 && status < 300) return { kind: 'accepted' }
      // Only refusals of the content are permanent: an operator can fix authentication and addresses, and then the
      // event is accepted.
      if (CONTENT_REFUSED.has(status)) return { kind: 'refused', status }
      return { kind: 'later', status, why: `the daemon answered ${status}` }
    } catch (error) {
      return { kind: 'later', why: (error as Error).message || (error as NodeJS.ErrnoException).code || 'no answer' }
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Whether the next request uses a connection that is open already, so that no other program can get it. */
  get #isConnected(): boolean {
    return Object.values(this.#agent.freeSockets).some(idle => (idle?.length ?? 0) > 0)
  }

  async #post(body: Buffer): Promise<number> {
    const { target, targetSocket, token, signingKey } = this.#settings
    const headers: http.OutgoingHttpHeaders = { 'content-type': 'application/json', 'content-length': body.length }
    if (token && (await this.#proof.needsSecret(this.#isConnected))) headers['x-baileys-secret'] = token
    if (signingKey) headers['x-baileys-signature'] = hmac(signingKey, body)
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
/** Bad request, too large, unsupported, unprocessable (RFC 9110). */
const CONTENT_REFUSED = new Set([400, 413, 415, 422])
