import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort } from '../support/daemon'

const BINARY = process.env.AGENTLOCATOR ?? fileURLToPath(new URL('../../../target/debug/agentlocator', import.meta.url))

/** The fake AI of `agentlocator simulate openai`. Each turn is `heard|answer` or `heard|answer|tool {…}`. */
export class FakeAi {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(url: string, child: ChildProcess) {
    this.url = url
    this.#child = child
  }

  static async start(turns: readonly string[], port?: number): Promise<FakeAi> {
    const address = `127.0.0.1:${port ?? (await freePort())}`
    const args = ['simulate', 'openai', '--listen', address, ...turns.flatMap(turn => ['--turn', turn])]
    const child = spawn(BINARY, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const url = await new Promise<string>((resolve, reject) => {
      let text = ''
      const read = (chunk: Buffer) => {
        text += chunk
        const found = /OPENAI_BASE_URL=(\S+)/.exec(text)
        if (found?.[1]) resolve(found[1])
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      child.once('exit', () => reject(new Error(`the fake AI did not start:\n${text}`)))
    })
    return new FakeAi(url, child)
  }

  async stop(): Promise<void> {
    const over = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.kill('SIGTERM')
    await over
  }
}
