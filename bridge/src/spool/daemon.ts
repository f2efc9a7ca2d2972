import { createHmac } from 'node:crypto'
import * as http from 'node:http'
import * as https from 'node:https'
import type { Settings } from '../settings.ts'
import type { WireEvent } from '../wire/event.ts'

/** The daemon's answer to an event. */
export type Answer =
  /** The daemon has it on disk. */
  | { readonly kind: 'taken' }
  /** The daemon refuses it permanently. */
  | { readonly kind: 'refused'; readonly status: number }
  /** The daemon cannot accept it at the moment. */
  | { readonly kind: 'later'; readonly why: string; readonly status?: number }

/** The client of the daemon: one address that accepts events. */
export class Daemon {
  readonly #settings: Settings
  readonly #agent: http.Agent

  constructor(settings: Settings) {
    this.#settings = settings
    const options = { keepAlive: true, maxSockets: 8, keepAliveMsecs: 5000 }
    this.#agent = settings.target.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options)
  }

  /** Delivers an event. Never throws. */
  async tell(event: WireEvent): Promise<Answer> {
    const body = Buffer.from(JSON.stringify(event))
    try {
      const status = await this.#post(body).catch(error => {
        // If the daemon closes a kept connection at this moment, the error says nothing about the daemon's state.
        if (error instanceof Stale) return this.#post(body)
        throw error
      })
      if (status >= 200 && status < 300) return { kind: 'taken' }
      // Only refusals of the content are permanent: an operator can fix authentication and addresses, and then the
      // event is accepted.
      if (CONTENT_REFUSED.has(status)) return { kind: 'refused', status }
      return { kind: 'later', status, why: `the daemon answers ${status}` }
    } catch (error) {
      return { kind: 'later', why: (error as Error).message || (error as NodeJS.ErrnoException).code || 'no answer' }
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #post(body: Buffer): Promise<number> {
    const { target, targetSocket, token, signingKey } = this.#settings
    const headers: http.OutgoingHttpHeaders = { 'content-type': 'application/json', 'content-length': body.length }
    if (token) headers['x-baileys-secret'] = token
    if (signingKey) headers['x-baileys-signature'] = createHmac('sha256', signingKey).update(body).digest('hex')
    const { request } = target.protocol === 'https:' ? https : http
    return new Promise((resolve, reject) => {
      const way = targetSocket === undefined ? {} : { socketPath: targetSocket }
      const options = { ...way, method: 'POST', headers, agent: this.#agent, timeout: ANSWER_MS }
      const asked = request(target, options, response => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
        response.on('error', reject)
      })
      asked.on('timeout', () => asked.destroy(new Error('the daemon does not answer')))
      asked.on('error', (error: NodeJS.ErrnoException) => {
        reject(asked.reusedSocket && error.code === 'ECONNRESET' ? new Stale() : error)
      })
      asked.end(body)
    })
  }
}

class Stale extends Error {}

const ANSWER_MS = 15_000
/** Bad request, too large, unsupported, unprocessable (RFC 9110). */
const CONTENT_REFUSED = new Set([400, 413, 415, 422])
