import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { WaServer } from '../wa-server/server.ts'
import { BRIDGE } from './paths.ts'
import { until } from './until.ts'

/** `body` is the parsed JSON, or the bytes of another media type. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests read arbitrary fields.
  readonly body: any
}

export interface LogLine {
  readonly event: string
  readonly level: string
  readonly message: string
  readonly [field: string]: unknown
}

export interface BridgeOptions {
  readonly server: WaServer
  readonly folder: string
  readonly target: string
  readonly secret?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Modules that Node loads before the bundle. */
  readonly preloads?: readonly string[]
  /** A command that starts Node; Node's path and arguments are appended to it. */
  readonly command?: readonly string[]
}

const BUNDLE = join(BRIDGE, 'dist/bridge.mjs')
const TRUST = join(BRIDGE, 'test/wa-server/trust-preload.cjs')

/** A process that runs the bundle as it is shipped. */
export class BridgeProcess {
  readonly child: ChildProcess
  readonly log: LogLine[] = []
  output = ''
  readonly #secret: string
  readonly #ended: Promise<number | string>
  #port: number | undefined
  #errors = ''

  private constructor(options: BridgeOptions) {
    const { server, folder, target, secret = SECRET, environment = {}, preloads = [], command = [] } = options
    this.#secret = secret
    const [program, ...before] = [...command, process.env.BRIDGE_NODE ?? process.execPath]
    const loaded = [TRUST, ...preloads].flatMap(file => ['--require', file])
    this.child = spawn(program as string, [...before, ...loaded, BUNDLE], {
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        WA_WEB_SOCKET_URL: server.url,
        WA_SESSION_DIR: folder,
        BAILEYS_WEBHOOK_SECRET: secret,
        BAILEYS_WEBHOOK_TARGET: target,
        WA_PACING: 'off',
        WA_TEST_ROOT_KEY: server.rootKey,
        WA_TEST_MEDIA_HOST: server.mediaHost,
        NODE_EXTRA_CA_CERTS: server.mediaCa,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout?.setEncoding('utf8').on('data', text => {
      this.output += text
    })
    let rest = ''
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.#note(line)
    })
    this.#ended = new Promise(resolve => {
      this.child.once('exit', (code, signal) => resolve(signal ?? code ?? 0))
    })
  }

  static async start(options: BridgeOptions): Promise<BridgeProcess> {
    const bridge = new BridgeProcess(options)
    await until('the bridge listens', () => bridge.#port ?? bridge.child.exitCode !== null)
    if (bridge.#port === undefined) throw new Error(`the bridge ended: ${bridge.#errors}`)
    return bridge
  }

  static spawn(options: BridgeOptions): BridgeProcess {
    return new BridgeProcess(options)
  }

  static async fail(options: BridgeOptions): Promise<{ code: number | string; errors: string }> {
    const bridge = new BridgeProcess(options)
    const code = await bridge.#ended
    return { code, errors: bridge.#errors }
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask('GET', path, undefined, headers)
  }

  post(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask('POST', path, JSON.stringify(body), { 'content-type': 'application/json', ...headers })
  }

  async ask(
    method: string,
    path: string,
    body?: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'x-baileys-secret': this.#secret, ...headers },
      ...(body === undefined ? {} : { body }),
    }).catch(async error => {
      // The exit event of the process may not have arrived yet.
      await Promise.race([this.#ended, new Promise(resolve => setTimeout(resolve, 500))])
      const ended = this.child.exitCode ?? this.child.signalCode
      const state = ended === null ? 'it is running' : `it has ended with ${ended}: ${this.#errors}`
      throw new Error(`${method} ${path}: ${error.cause?.message ?? error.message}; ${state}`)
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && bytes.length > 0 ? JSON.parse(bytes.toString()) : bytes,
    }
  }

  send(to: string, text: string, key: string, more: object = {}): Promise<Answer> {
    return this.post('/send', { to, type: 'text', text, idempotencyKey: key, ...more })
  }

  async state(): Promise<string> {
    return (await this.get('/health')).body.state
  }

  becomes(state: string, limitMs?: number): Promise<unknown> {
    return until(`the state "${state}"`, async () => (await this.state()) === state, limitMs)
  }

  /** Waits for a QR code, scans it with the phone, and waits for the connection. */
  async link(server: WaServer): Promise<void> {
    const qr = await until('a QR code', async () => {
      const { status, body } = await this.get('/qr')
      return status === 200 && String(body.qr)
    })
    server.scan({ qr })
    await this.becomes('connected')
  }

  logged(event: string, fits: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    return until(`${event} in the log`, () => this.log.find(line => line.event === event && fits(line)))
  }

  get everything(): string {
    return this.output + this.#errors
  }

  /** Sends the signal to the process, and waits until it exits; returns its exit code or signal. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    this.child.kill(signal)
    return this.#ended
  }

  #note(text: string): void {
    this.#errors += `${text}\n`
    if (!text.startsWith('{')) return
    const line = JSON.parse(text) as LogLine
    this.log.push(line)
    if (line.event === 'LISTENING' && line.port !== undefined) this.#port = Number(line.port)
  }
}

export const SECRET = 'the secret of the tests'
