import { type ChildProcess, spawn } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { freePort } from './daemon'

const BINARY = process.env.AGENTLOCATOR ?? fileURLToPath(new URL('../../../target/debug/agentlocator', import.meta.url))

/** A fake bridge that is connected, and refuses each message as WhatsApp does for an unknown number. */
export class RefusingBridge {
  asked = 0
  url = ''
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      const isSend = request.url === '/send'
      if (isSend) this.asked++
      const answer = isSend
        ? { ok: false, error: { code: 'not_on_whatsapp', message: 'this number is not on WhatsApp' } }
        : { ok: true, connected: true, state: 'connected' }
      response.writeHead(isSend ? 422 : 200, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify(answer))
    })
  }

  async start(): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    this.url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    return this
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

/**
 * The fake REST API of `agentlocator simulate twilio`. Its URL must be known before the daemon starts, and the daemon's
 * URL before this API starts.
 */
export class FakeTwilio {
  readonly address: string
  #child: ChildProcess | undefined

  private constructor(address: string) {
    this.address = address
  }

  static async reserve(): Promise<FakeTwilio> {
    return new FakeTwilio(`127.0.0.1:${await freePort()}`)
  }

  /** `options` are further options of `agentlocator simulate twilio`. */
  async start(daemonUrl: string, account: NodeJS.ProcessEnv, options: string[] = []): Promise<void> {
    const args = [
      'simulate',
      'twilio',
      '--listen',
      this.address,
      '--url',
      daemonUrl,
      '--status-gap',
      '50ms',
      ...options,
    ]
    const child = spawn(BINARY, args, {
      env: { PATH: process.env.PATH, ...account },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    await new Promise<void>((resolve, reject) => {
      let text = ''
      const read = (chunk: Buffer) => {
        text += chunk
        if (text.includes(this.address)) resolve()
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.once('exit', () => reject(new Error(`the fake Twilio did not start:\n${text}`)))
    })
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const over = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGTERM')
    await over
  }
}
