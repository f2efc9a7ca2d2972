import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const BINARY = process.env.AGENTLOCATOR ?? fileURLToPath(new URL('../../../target/debug/agentlocator', import.meta.url))
const run = promisify(execFile)

type Entry = Record<string, unknown> & { event?: string }

/** The owner of each test daemon that has one. */
export const OWNER = { name: 'roni', password: 'correct horse 9 battery' }

/** The settings that let the daemon accept simulated calls and messages. */
export const SETTINGS = {
  TWILIO_ACCOUNT_SID: 'AC00000000000000000000000000000001',
  TWILIO_AUTH_TOKEN: '0123456789abcdef0123456789abcdef',
  BAILEYS_WEBHOOK_SECRET: 'a-secret-for-the-tests-of-the-page',
}

/** The signatures of webhooks cover the URL, so the daemon must know its port before it listens. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** The ports of removed daemons of this worker. */
const releasedPorts: number[] = []

/** The published copy of the database; a running daemon uses `live/db.sqlite`. */
const DATABASE = 'agentlocator.db'
const newFolder = () => mkdtempSync(join(tmpdir(), 'agentlocator-page-'))

interface Cookie {
  name: string
  value: string
}

interface Prepared {
  database: string
  /** The cookies of a session that is stored in the database. */
  session: Cookie[]
}

let prepared: Promise<Prepared> | undefined

/**
 * Prepares the database of a daemon that was started once and has a logged-in owner. Each daemon with an owner starts
 * with a copy of it.
 */
function prepare(): Promise<Prepared> {
  prepared ??= (async () => {
    const daemon = new Daemon()
    await daemon.start({ owner: false })
    await daemon.cli(['user', 'add', OWNER.name, '--role', 'owner'], OWNER.password)
    const session = await cookiesOf(daemon)
    await daemon.stop()
    process.once('exit', () => rmSync(daemon.folder, { recursive: true, force: true }))
    return { database: join(daemon.folder, DATABASE), session }
  })()
  return prepared
}

/** Returns the cookies of the owner's session, which are valid in daemons that start with the prepared database. */
export const preparedSession = async (): Promise<Cookie[]> => (await prepare()).session

async function cookiesOf(daemon: Daemon): Promise<Cookie[]> {
  const answer = await fetch(`${daemon.url}/api/login`, {
    method: 'POST',
    // The list of sessions shows the browser, which the daemon reads from this header.
    headers: { 'Content-Type': 'application/json', 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0' },
    body: JSON.stringify(OWNER),
  })
  if (answer.status !== 200) throw new Error(`the owner cannot log in: ${answer.status} ${await answer.text()}`)
  return answer.headers.getSetCookie().map(line => {
    const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
    return { name, value }
  })
}

export class Daemon {
  readonly folder = newFolder()
  readonly log: Entry[] = []
  url = ''
  #child: ChildProcess | undefined
  #waiting: { event: string; resolve: (entry: Entry) => void }[] = []
  #settings: Record<string, string>
  #port = 0

  constructor(settings: Record<string, string> = {}) {
    this.#settings = { ...SETTINGS, ...settings }
  }

  /** At its first start, the daemon gets the prepared owner, except with `owner: false`. */
  async start({ owner = true } = {}): Promise<this> {
    const isFirst = this.#port === 0
    // With the port of an earlier daemon, the browser has the page's scripts in its cache, compiled.
    if (isFirst) this.#port = releasedPorts.pop() ?? (await freePort())
    if (owner && isFirst) {
      // Copies only this file: a copied folder that contains `live` raises an alert.
      copyFileSync((await prepare()).database, join(this.folder, DATABASE))
    }
    this.log.length = 0
    const child = spawn(BINARY, ['serve'], { env: this.#env(), cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    createInterface({ input: child.stderr }).on('line', line => this.#read(line))
    await this.event('LISTENING')
    this.url = `http://127.0.0.1:${this.#port}`
    return this
  }

  /** Resolves with the first log entry of this event since the last start. Rejects if there is none within 20 s. */
  event(event: string): Promise<Entry> {
    const known = this.log.find(entry => entry.event === event)
    if (known) return Promise.resolve(known)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no ${event} in the log:\n${this.tail()}`)), 20_000)
      this.#waiting.push({
        event,
        resolve: entry => {
          clearTimeout(timer)
          resolve(entry)
        },
      })
    })
  }

  tail(): string {
    return this.log
      .slice(-20)
      .map(entry => JSON.stringify(entry))
      .join('\n')
  }

  async cli(args: string[], input = '', timeout = 20_000): Promise<string> {
    const running = run(BINARY, args, { env: this.#env(), cwd: this.folder, timeout })
    running.child.stdin?.end(input)
    return (await running).stdout
  }

  async receive(text: string, from = '+972541234567', name = ''): Promise<void> {
    const answer = await fetch(`${this.url}/webhook/whatsapp/baileys`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-BAILEYS-SECRET': SETTINGS.BAILEYS_WEBHOOK_SECRET },
      body: JSON.stringify({ from: from.slice(1), text, provider_msg_id: randomUUID(), push_name: name }),
    })
    if (answer.status !== 204) throw new Error(`the message was refused: ${answer.status} ${await answer.text()}`)
  }

  /**
   * `options` are those of `agentlocator simulate call`. A call takes at least as long as its script, because its media
   * stream runs in real time. By default the caller speaks for 1 s, which the daemon without an AI takes as a message.
   */
  async call(options: string[] = []): Promise<void> {
    const script = options.includes('--script') ? [] : ['--script', 'say 1s']
    await this.cli(['simulate', 'call', '--url', this.url, '--fast', ...script, ...options])
  }

  /** Without a media stream, the call stays in its initial state. */
  async ring(fields: Record<string, string>): Promise<void> {
    await this.hook('/webhook/incoming_call', {
      CallSid: `CA${randomUUID().replaceAll('-', '')}`,
      To: '+97235551234',
      ...fields,
    })
  }

  /** Posts a webhook, signed like Twilio's. */
  async hook(path: string, fields: Record<string, string>): Promise<void> {
    const url = this.url + path
    const form = new URLSearchParams({ AccountSid: SETTINGS.TWILIO_ACCOUNT_SID, ...fields })
    const signed = [...form]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .reduce((text, [name, value]) => text + name + value, url)
    const signature = createHmac('sha1', SETTINGS.TWILIO_AUTH_TOKEN).update(signed).digest('base64')
    const answer = await fetch(url, { method: 'POST', headers: { 'X-Twilio-Signature': signature }, body: form })
    if (!answer.ok) throw new Error(`${path} was refused: ${answer.status} ${await answer.text()}`)
  }

  /** `start` starts the daemon again with the same port and data. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null) return
    const over = new Promise(resolve => child.once('exit', resolve))
    child.kill(signal)
    await over
  }

  /** The daemon must be stopped. */
  async database(change: (database: DatabaseSync) => void): Promise<void> {
    // Imported here, because Node prints a warning for this module, which should appear only in tests that use it.
    const { DatabaseSync } = await import('node:sqlite')
    const database = new DatabaseSync(join(this.folder, 'live', 'db.sqlite'))
    change(database)
    database.close()
  }

  async remove(): Promise<void> {
    // A clean stop would wait for the connections of the page, which is still open.
    await this.stop('SIGKILL')
    if (this.#port) releasedPorts.push(this.#port)
    rmSync(this.folder, { recursive: true, force: true })
  }

  #env(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      DATABASE_URL: join(this.folder, DATABASE),
      PORT: String(this.#port),
      PUBLIC_BASE_URL: `http://127.0.0.1:${this.#port}`,
      ...this.#settings,
    }
  }

  #read(line: string): void {
    let entry: Entry
    try {
      entry = JSON.parse(line) as Entry
    } catch {
      entry = { msg: line }
    }
    this.log.push(entry)
    this.#waiting = this.#waiting.filter(({ event, resolve }) => {
      if (event !== entry.event) return true
      resolve(entry)
      return false
    })
  }
}
