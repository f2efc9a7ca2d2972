import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * A TCP proxy between browser and daemon that simulates network failures. The browser's own offline switch does not
 * affect the connection of a shared worker.
 */
export class Network {
  #server: Server | undefined
  #sockets = new Set<Socket>()
  #port = 0
  readonly #target: URL

  constructor(target: string) {
    this.#target = new URL(target)
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Starts to forward connections; after `cut`, on the same port. */
  async open(): Promise<this> {
    const server = createServer(client => {
      const upstream = connect(Number(this.#target.port), this.#target.hostname)
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(socket)
        socket.pipe(other)
        socket.on('error', () => other.destroy())
        socket.on('close', () => {
          this.#sockets.delete(socket)
          other.destroy()
        })
      }
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    const address = server.address()
    if (typeof address === 'object' && address) this.#port = address.port
    this.#server = server
    return this
  }

  async cut(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    const over = new Promise(resolve => (server ? server.close(resolve) : resolve(null)))
    for (const socket of this.#sockets) socket.destroy()
    await over
  }
}
