import { readFile } from 'node:fs/promises'
import * as http from 'node:http'
import * as https from 'node:https'
import { join } from 'node:path'
import { hmac, isSame, newNonce } from '../hmac.ts'
import { type Log, reason } from '../log.ts'
import { writeText } from '../session/write-log.ts'
import type { Settings } from '../settings.ts'

/**
 * Verifies that the program at the target is the daemon, with a challenge that only a holder of the secret can answer.
 * While the daemon is stopped, another local program can listen on its port. A daemon that answers the challenge
 * accepts signed events, so the secret itself is not sent to it.
 *
 * After the first valid proof, the bridge stores in the session's folder that this target can prove its identity, and
 * requires a recent proof for each new connection. Otherwise a program that takes the port later could pretend to be an
 * older daemon, which needs the secret, or could discard events. The file is not part of the session, because it must
 * survive the end of the link.
 */
export class DaemonProof {
  readonly #settings: Settings
  readonly #log: Log
  /** Whether the target has ever sent a valid proof; `undefined` until the file has been read. */
  #isKnown: boolean | undefined
  /** When the target last sent a valid proof, by `performance.now()`. */
  #verifiedAt = Number.NEGATIVE_INFINITY
  /** When the target last answered without a proof, by `performance.now()`. */
  #unverifiedAt = Number.NEGATIVE_INFINITY
  #running: Promise<boolean> | undefined

  constructor(settings: Settings, log: Log) {
    this.#settings = settings
    this.#log = log
  }

  /**
   * Returns whether an event may be sent now, signed and without the secret: the daemon has proved its identity, and
   * has done so recently if the event needs a new connection (`isConnected` is false).
   */
  isVerified(isConnected: boolean): boolean {
    return performance.now() - this.#verifiedAt < (isConnected ? Number.POSITIVE_INFINITY : CONNECT_MS)
  }

  /**
   * Returns whether an event must carry the secret itself in addition to its signature; challenges the daemon if
   * needed. Throws if no event may be sent at the moment. Concurrent invocations share one challenge.
   */
  needsSecret(): Promise<boolean> {
    this.#running ??= this.#needsSecret().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #needsSecret(): Promise<boolean> {
    const { target, targetSocket, signingKey, daemonChallenge } = this.#settings
    // No proof is needed for a Unix socket, whose folder's permissions control who can listen on it, or for https,
    // where the server's certificate identifies the daemon.
    const isOpen = targetSocket === undefined && target.protocol === 'http:'
    if (!isOpen || !signingKey || daemonChallenge === 'off') return true
    this.#isKnown ??= await this.#isStored()
    if (!this.#isKnown && performance.now() - this.#unverifiedAt < ASK_AGAIN_MS) return true
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
      this.#unverifiedAt = performance.now()
      this.#log.debug(
        'DAEMON_UNVERIFIED',
        `The program at ${this.#name} does not prove that it is the daemon; events carry the secret`,
      )
      return true
    }
    if (!isSame(proof, hmac(signingKey, `agentlocator daemon proof\n${nonce}`))) {
      throw new Error(
        `the program at ${this.#name} has another secret or is not the daemon; ` +
          'set the same BAILEYS_WEBHOOK_SECRET on both sides',
      )
    }
    this.#verifiedAt = performance.now()
    if (!this.#isKnown) {
      this.#isKnown = true
      await this.#store()
      this.#log.info(
        'DAEMON_VERIFIED',
        `The daemon at ${this.#name} has proved that it has the secret; events are signed and no longer carry the secret`,
      )
    }
    return false
  }

  async #isStored(): Promise<boolean> {
    try {
      return (await readFile(this.#path, 'utf8')).trim() === this.#settings.target.href
    } catch (error) {
      // A missing file means "not known". After any other error, events must not be sent with the secret.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  }

  async #store(): Promise<void> {
    try {
      await writeText(this.#path, `${this.#settings.target.href}\n`)
    } catch (error) {
      const effect =
        this.#settings.daemonChallenge === 'required'
          ? 'the bridge sends no event until the daemon has proved it again'
          : 'the bridge also sends events, with the secret, to a program that does not prove this, until the daemon ' +
            'has proved it again'
      this.#log.warn(
        'DAEMON_PROOF_NOT_STORED',
        `Cannot record in ${this.#path} that the daemon at ${this.#name} proves that it has the secret ` +
          `(${reason(error)}). After a restart, ${effect}`,
      )
    }
  }

  /** Returns the proof from the response's header, whatever the status; `undefined` if there is none. */
  #ask(nonce: string): Promise<string | undefined> {
    const { target } = this.#settings
    const { get } = target.protocol === 'https:' ? https : http
    return new Promise((resolve, reject) => {
      // The challenge uses a separate connection, which is closed after the headers: the body may be endless.
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

  /** The target as shown in messages, without its query, which may contain a secret. */
  get #name(): string {
    const { origin, pathname } = this.#settings.target
    return `${origin}${pathname}`
  }

  get #path(): string {
    return join(this.#settings.sessionFolder, 'daemon-proof')
  }
}

const ANSWER_MS = 5000
/** How long after a proof a new connection may be opened without another proof, in ms. */
const CONNECT_MS = 1000
/** How long a missing proof is remembered, in ms: an upgraded daemon is detected after this time. */
const ASK_AGAIN_MS = 60_000
