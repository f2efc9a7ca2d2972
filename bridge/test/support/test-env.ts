import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import type { OptionsPatch } from '../wa-server/options.ts'
import { WaServer } from '../wa-server/server.ts'
import { type BridgeOptions, BridgeProcess, SECRET } from './bridge-process.ts'
import { FakeDaemon } from './fake-daemon.ts'

/** A WhatsApp server, a fake daemon, and the bridge between them. */
export class TestEnv {
  #bridge: BridgeProcess | undefined

  private constructor(
    readonly server: WaServer,
    readonly daemon: FakeDaemon,
    readonly folder: string,
  ) {}

  /** The environment is removed after the tests of the file (or after the test that creates it). */
  static async create(options: OptionsPatch = {}): Promise<TestEnv> {
    const server = await WaServer.start({ options: { preKeyCount: 1, ...options } })
    const daemon = await FakeDaemon.start(SECRET)
    const folder = await mkdtemp(join(tmpdir(), 'bridge-'))
    const env = new TestEnv(server, daemon, folder)
    after(() => env.stop())
    return env
  }

  get bridge(): BridgeProcess {
    if (!this.#bridge) throw new Error('no bridge was started')
    return this.#bridge
  }

  /** A bridge that was started earlier must have been stopped. */
  async start(options: Partial<BridgeOptions> = {}): Promise<BridgeProcess> {
    const { server, folder, daemon } = this
    this.#bridge = await BridgeProcess.start({ server, folder, target: daemon.target, ...options })
    return this.#bridge
  }

  async startLinked(options: Partial<BridgeOptions> = {}): Promise<BridgeProcess> {
    const bridge = await this.start(options)
    await bridge.link(this.server)
    return bridge
  }

  async stop(): Promise<void> {
    await this.#bridge?.stop('SIGKILL')
    await this.daemon.stop()
    await this.server.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}

let keys = 0
export const newKey = () => `key-${++keys}`
