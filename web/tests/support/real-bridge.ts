import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort, SETTINGS } from './daemon'

const file = (path: string) => fileURLToPath(new URL(`../../../bridge/${path}`, import.meta.url))

interface Endpoints {
  url: string
  control: string
  rootKey: string
  mediaCa: string
  mediaHost: string
}

/**
 * The released bridge, and the WhatsApp test server to which it is linked. `bridge/test/wa-server/README.md` describes
 * the requests that simulate the phones. The daemon must know the bridge's URL before it starts, and the bridge the
 * daemon's.
 */
export class RealBridge {
  readonly url: string
  readonly #port: number
  #control = ''
  readonly #children: ChildProcess[] = []

  private constructor(port: number) {
    this.#port = port
    this.url = `http://127.0.0.1:${port}/send`
  }

  static async reserve(): Promise<RealBridge> {
    return new RealBridge(await freePort())
  }

  /** Resolves when the bridge listens. `folder` is the folder of the session. */
  async start(daemonUrl: string, folder: string): Promise<void> {
    const server = this.#spawn([file('dist/test/wa-server/main.mjs')], {})
    const endpoints = await firstLine(server, line => ('control' in line ? (line as unknown as Endpoints) : undefined))
    this.#control = endpoints.control
    // With one reported pre-key, the bridge uploads only a few keys, which makes linking fast.
    await this.phone('/options', { preKeyCount: 1 })
    const preload = ['trust-preload.cjs', 'lifeline.cjs'].flatMap(name => ['--require', file(`test/wa-server/${name}`)])
    const bridge = this.#spawn([...preload, file('dist/bridge.mjs')], {
      PORT: String(this.#port),
      WA_WEB_SOCKET_URL: endpoints.url,
      WA_SESSION_DIR: folder,
      WA_PACING: 'off',
      WA_TEST_ROOT_KEY: endpoints.rootKey,
      WA_TEST_MEDIA_HOST: endpoints.mediaHost,
      NODE_EXTRA_CA_CERTS: endpoints.mediaCa,
      BAILEYS_WEBHOOK_SECRET: SETTINGS.BAILEYS_WEBHOOK_SECRET,
      BAILEYS_WEBHOOK_TARGET: `${daemonUrl}/webhook/whatsapp/baileys`,
    })
    await firstLine(bridge, line => (line.event === 'LISTENING' ? line : undefined))
  }

  async phone<T = unknown>(path: string, body: object): Promise<T> {
    const answer = await fetch(this.#control + path, { method: 'POST', body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`the WhatsApp test server refused ${path}: ${await answer.text()}`)
    return (await answer.json()) as T
  }

  async delivered(): Promise<string[]> {
    const state = (await (await fetch(`${this.#control}/state`)).json()) as { outbound: { text?: string }[] }
    return state.outbound.map(message => message.text ?? '')
  }

  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null) continue
      const over = new Promise(resolve => child.once('exit', resolve))
      // The bridge and the test server exit when their standard input closes. The test server removes its files first.
      child.stdin?.end()
      await over
    }
  }

  #spawn(args: string[], env: NodeJS.ProcessEnv): ChildProcess {
    const child = spawn(process.execPath, args, { env: { PATH: process.env.PATH, ...env }, stdio: 'pipe' })
    this.#children.push(child)
    return child
  }
}

/** Resolves with the first printed line of JSON for which `find` returns a value. */
function firstLine<T>(child: ChildProcess, find: (line: Record<string, unknown>) => T | undefined): Promise<T> {
  const lines: string[] = []
  return new Promise((resolve, reject) => {
    const read = (line: string) => {
      lines.push(line)
      try {
        const found = find(JSON.parse(line))
        if (found) resolve(found)
      } catch {
        // Not a line of JSON.
      }
    }
    for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', read)
    child.once('exit', () => reject(new Error(`a program of the bridge ended:\n${lines.join('\n')}`)))
  })
}
