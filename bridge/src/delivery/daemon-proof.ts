import { readFile } from 'node:fs/promises'
import * as http from 'node:http'
import * as https from 'node:https'
import { join } from 'node:path'
import { hmac, isSame, newNonce } from '../hmac.ts'
import { type Log, reason } from '../log.ts'
import { writeText } from '../session/write-log.ts'
import type { Settings } from '../settings.ts'

/**
 * Asks the program at the target to prove that it is the daemon. A daemon that can prove this accepts signed events,
 * and never gets the secret itself: while the daemon is stopped, another program can listen on its port.
 *
 * That a target has proved itself is stored in a file of the session's folder, and from then on it must do so for each
 * new connection. Otherwise a program that takes the port later could pass for an older daemon, which needs the secret,
 * or could swallow events. The file is not part of the session: the link may end.
 */
export class DaemonProof {
  readonly #settings: Settings
  readonly #log: Log
  /** Whether the target has ever proved itself; `undefined` until the file has been read. */
  #isKnown: boolean | undefined
  /** When the target last proved itself, by `performance.now()`. */
  #provenAt = Number.NEGATIVE_INFINITY
  /** When the target last answered without a proof, by `performance.now()`. */
  #unprovenAt = Number.NEGATIVE_INFINITY
  #running: Promise<boolean> | undefined

  constructor(settings: Settings, log: Log) {
    this.#settings = settings
    this.#log = log
  }

  /**
   * Whether an event needs the secret itself beside its signature. Throws if nothing may be sent at the moment.
   * Concurrent calls share one question to the daemon. `isConnected`: the event goes over a connection that is
   * open already.
   */
  needsSecret(isConnected: boolean): Promise<boolean> {
    this.#running ??= this.#needsSecret(isConnected).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #needsSecret(isConnected: boolean): Promise<boolean> {
    const { target, targetSocket, signingKey, daemonChallenge } = this.#settings
    // The permissions of a Unix socket's folder control who can listen on it, and a certificate who answers by https.
    const isOpen = targetSocket === undefined && target.protocol === 'http:'
    if (!isOpen || !signingKey || daemonChallenge === 'off') return true
    const sinceProof = performance.now() - this.#provenAt
    if (sinceProof < (isConnected ? Number.POSITIVE_INFINITY : CONNECT_MS)) return false
    this.#isKnown ??= await this.#isStored()
    if (!this.#isKnown && performance.now() - this.#unprovenAt < ASK_AGAIN_MS) return true
    const nonce = newNonce()
    const proof = await this.#ask(nonce)
    if (proof === undefined) {
      if (this.#isKnown) {
        throw new Error(
          `the program at ${this.#name} did not prove that it is the daemon, as the daemon there did before. ` +
            `If another daemon is in use there now, delete ${this.#path} and restart the bridge`,
        )
      }
      if (daemonChallenge === 'required') {
        throw new Error(
          `the program at ${this.#name} did not prove that it is the daemon, and WA_DAEMON_CHALLENGE is "required"`,
        )
      }
      this.#unprovenAt = performance.now()
      this.#log.debug('DAEMON_UNPROVEN', `The daemon at ${this.#name} sends no proof; events carry the secret`)
      return true
    }
    if (!isSame(proof, hmac(signingKey, `agentlocator daemon proof\n${nonce}`))) {
      throw new Error(
        `the program at ${this.#name} has another secret or is not the daemon; ` +
          'set the same BAILEYS_WEBHOOK_SECRET on both sides',
      )
    }
    this.#provenAt = performance.now()
    if (!this.#isKnown) {
      this.#isKnown = true
      await this.#store()
      this.#log.info(
        'DAEMON_PROVEN',
        `The daemon at ${this.#name} has proved that it has the secret; events are signed and no longer carry the secret`,
      )
    }
    return false
  }

  async #isStored(): Promise<boolean> {
    try {
      return (await readFile(this.#path, 'utf8')).trim() === this.#settings.target.href
    } catch (error) {
      // Any other error must not lead to deliveries with the secret.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }

  async #store(): Promise<void> {
    try {
      await writeText(this.#path, `${this.#settings.target.href}\n`)
    } catch (error) {
      this.#log.warn(
        'DAEMON_PROVEN',
        `${this.#path} cannot be written: ${reason(error)}. The daemon is asked for a proof again after a restart`,
      )
    }
  }

  /** The proof in the target's answer, whatever its status; `undefined` without one. */
  #ask(nonce: string): Promise<string | undefined> {
    const { target } = this.#settings
    const { get } = target.protocol === 'https:' ? https : http
    return new Promise((resolve, reject) => {
      // A connection of its own: it is closed after the headers, because the body may not end.
      const request = get(target, { headers: { 'x-baileys-nonce': nonce }, agent: false }, response => {
        clearTimeout(timer)
        const proof = response.headers['x-baileys-proof']
        response.destroy()
        resolve(proof === undefined ? undefined : String(proof))
      })
      const timer = setTimeout(() => {
        request.destroy()
        reject(new Error('the daemon does not answer'))
      }, ANSWER_MS)
      request.on('error', error => {
        clearTimeout(timer)
        reject(error)
      })
    })
  }

  /** The target for a message: a query may contain a secret. */
  get #name(): string {
    const { origin, pathname } = this.#settings.target
    return `${origin}${pathname}`
  }

  get #path(): string {
    return join(this.#settings.sessionFolder, 'daemon-proof')
  }
}

const ANSWER_MS = 5000
/** How long a proof is valid before a connection is open. */
const CONNECT_MS = 1000
/** A daemon that is upgraded is recognised after this. */
const ASK_AGAIN_MS = 60_000
