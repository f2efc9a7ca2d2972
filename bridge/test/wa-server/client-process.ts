import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Journal, type JournalEntry } from './journal.ts'
import type { WaServer } from './server.ts'

/** The time limit of a client's commands and events, in ms. A client takes seconds to start on a busy machine. */
const LIMIT_MS = 30_000

/** All clients of the process connect to servers with the same root key and certificate. */
export class ClientProcess {
  private readonly child: ChildProcess
  private readonly journals = new Map<string, Journal>()
  private commands = 0

  /** `preload` and `program`: the files trust-preload.cjs and client.mjs. */
  constructor(preload: URL, program: URL, { rootKey, mediaCa, mediaHost }: WaServer) {
    const test = { WA_TEST_ROOT_KEY: rootKey, WA_TEST_MEDIA_HOST: mediaHost, NODE_EXTRA_CA_CERTS: mediaCa }
    this.child = spawn(process.execPath, ['--require', fileURLToPath(preload), fileURLToPath(program)], {
      env: { ...process.env, ...test },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })
    lines.on('line', line => {
      const { client, event, ...details } = JSON.parse(line)
      this.journals.get(client)?.note(event, details)
    })
  }

  /** The client is not linked yet, and connects at once. */
  client(url: string, settings: { keepAliveMs?: number; history?: boolean } = {}): TestClient {
    const name = `client-${this.journals.size + 1}`
    const journal = new Journal()
    this.journals.set(name, journal)
    const client = new TestClient(journal, (command, given = {}) => this.command(name, journal, command, given))
    void client.ask('new', { url, ...settings })
    return client
  }

  /** Ends the process by closing its input, and waits for the exit. */
  async stop(): Promise<void> {
    const ended = new Promise(resolve => this.child.once('exit', resolve))
    this.child.stdin?.end()
    await ended
  }

  private async command(client: string, journal: Journal, command: string, given: object) {
    const call = ++this.commands
    this.child.stdin?.write(`${JSON.stringify({ client, command, call, ...given })}\n`)
    const done = await journal.wait(entry => entry.event === 'done' && entry.call === call, { limitMs: LIMIT_MS })
    if (done.error) throw new Error(String(done.error))
    return done.result as Record<string, unknown>
  }
}

export class TestClient {
  constructor(
    private readonly journal: Journal,
    /** Sends a command to the client and waits until it is done. */
    readonly ask: (command: string, given?: object) => Promise<Record<string, unknown>>,
  ) {}

  /** The number of the newest entry, or 0. Use it as `after` in `until`. */
  get now(): number {
    return this.journal.last
  }

  until(event: string, fits: (entry: JournalEntry) => boolean = () => true, after = 0): Promise<JournalEntry> {
    return this.journal.wait(entry => entry.event === event && fits(entry), { after, limitMs: LIMIT_MS })
  }

  seen(event: string): JournalEntry[] {
    return this.journal.after().filter(entry => entry.event === event)
  }
}
