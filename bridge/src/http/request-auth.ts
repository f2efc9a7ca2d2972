import type { IncomingMessage } from 'node:http'
import { hmac, isSame, newNonce } from '../hmac.ts'

/**
 * Authenticates the daemon's requests, and proves to the daemon that this program is its bridge. Another program that
 * listens on the bridge's port cannot send the proof, so the daemon sends that program neither the secret nor a signed
 * request.
 */
export class RequestAuth {
  readonly #token: string | undefined
  /**
   * A random value of this process. Requests that were signed for an earlier process are refused (replay protection).
   */
  readonly #nonce: string

  constructor(token: string | undefined, nonce = newNonce()) {
    this.#token = token
    this.#nonce = nonce
  }

  /**
   * Returns the response headers with the proof, if the request has a valid nonce and a secret is set. Only local
   * programs get a proof: the daemon requests a proof only from a local bridge, and any client with a proof can try
   * secrets against it offline.
   */
  proof({ headers, socket }: IncomingMessage): Readonly<Record<string, string>> | undefined {
    const nonce = headers['x-baileys-nonce']
    if (!this.#token || typeof nonce !== 'string' || !DAEMON_NONCE.test(nonce)) return undefined
    if (!LOCAL_HOST.test(headers.host ?? '')) return undefined
    if (!isLoopback(socket.remoteAddress) || FORWARDED.some(name => headers[name] !== undefined)) return undefined
    const proof = hmac(this.#token, `agentlocator bridge proof\n${nonce}\n${this.#nonce}`)
    return { 'x-baileys-nonce': this.#nonce, 'x-baileys-proof': proof }
  }

  /**
   * Returns whether a request contains the secret, or a valid signature made with it. Without a secret in the settings,
   * no request is accepted. `readBody` is called only if the request may be signed, so that the bridge buffers no body
   * of other clients.
   */
  async accepts(request: IncomingMessage, readBody: () => Promise<Buffer>): Promise<boolean> {
    if (!this.#token) return false
    const { method, url, headers } = request
    const secret = headers['x-baileys-secret']
    if (typeof secret === 'string' && isSame(secret, this.#token)) return true
    const signature = headers['x-baileys-auth']
    if (typeof signature !== 'string' || !SIGNATURE.test(signature)) return false
    const head = `agentlocator bridge request\n${this.#nonce}\n${method}\n${url}\n`
    return isSame(signature, hmac(this.#token, head, await readBody()))
  }
}

/** A connection without an address arrived through a Unix socket. */
function isLoopback(address: string | undefined): boolean {
  return address === undefined || address === '::1' || /^(::ffff:)?127\./.test(address)
}

/**
 * Matches a `Host` that names this machine. Any other `Host` is that of a tunnel, or a name that a web page in a local
 * browser resolved to this machine (DNS rebinding).
 */
const LOCAL_HOST = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i
/** Headers that a proxy or tunnel on this machine adds: the actual client is on another machine. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'cf-connecting-ip', 'via']
const DAEMON_NONCE = /^[0-9a-f]{32,64}$/
const SIGNATURE = /^[0-9a-f]{64}$/
