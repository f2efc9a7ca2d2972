import type { WASocket } from 'baileys'
import { type Log, reason } from '../log.ts'

/** One socket to WhatsApp, with the time of the last frame that it received. */
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

  /** For how long nothing has been received, in ms. */
  get silentMs(): number {
    return performance.now() - this.#lastFrameAt
  }

  /** Calls `check` at intervals until the connection is closed. */
  startWatchdog(check: () => void): void {
    this.#watchdog = setInterval(check, WATCHDOG_MS)
    this.#watchdog.unref()
  }

  /** Stops the watchdog, and closes the socket unless `keepSocket`: it will be closed by other code. */
  close(log: Log, keepSocket: boolean): void {
    clearInterval(this.#watchdog)
    if (keepSocket) return
    const { socket } = this
    // The library waits until the other side agrees to the close; an unresponsive one never does.
    const { ws } = socket as unknown as { ws: { socket?: { terminate(): void } | null } }
    ws.socket?.terminate()
    const end = () =>
      Promise.resolve(socket.end(undefined)).catch(error =>
        log.debug('WA_END', `The library did not end its socket: ${reason(error)}`),
      )
    setTimeout(end, END_MS).unref()
  }
}

const WATCHDOG_MS = 1000
/** A closed socket rejects its queries itself; this is the limit for one that does not. */
const END_MS = 1000
