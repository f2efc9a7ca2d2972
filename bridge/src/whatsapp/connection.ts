import type { WASocket } from 'baileys'
import { type Log, reason } from '../log.ts'

export class Connection {
  readonly socket: WASocket
  #lastFrameAt = performance.now()
  #watchdog: NodeJS.Timeout | undefined

  constructor(socket: WASocket) {
    this.socket = socket
    socket.ws.on('frame', () => {
      this.#lastFrameAt = performance.now()
    })
  }

  get silentMs(): number {
    return performance.now() - this.#lastFrameAt
  }

  /** Calls `check` at intervals until the connection is closed. */
  startWatchdog(check: () => void): void {
    this.#watchdog = setInterval(check, WATCHDOG_MS)
    this.#watchdog.unref()
  }

  /** Stops the watchdog, and closes the socket. With `keepSocket` the socket stays open, and the caller closes it. */
  close(log: Log, keepSocket: boolean): void {
    clearInterval(this.#watchdog)
    if (keepSocket) return
    const { socket } = this
    // Terminates the TCP connection. The library would wait for the peer's close frame, which an unresponsive peer
    // never sends.
    const { ws } = socket as unknown as { ws: { socket?: { terminate(): void } | null } }
    ws.socket?.terminate()
    const end = () =>
      Promise.resolve(socket.end(undefined)).catch(error =>
        log.debug(
          'WA_SOCKET_END_FAILED',
          `The WhatsApp library did not end the socket of a closed connection: ${reason(error)}`,
        ),
      )
    setTimeout(end, END_MS).unref()
  }
}

const WATCHDOG_MS = 1000
/**
 * The delay before `socket.end`, in ms. By then the library has usually ended the socket itself, because the TCP
 * connection is closed.
 */
const END_MS = 1000
