import type { BinaryNode, WASocket } from 'baileys'
import { atMost } from '../at-most.ts'

type Handler = (stanza: BinaryNode) => Promise<void> | void

/**
 * Stands between a socket and Baileys: stanzas of a kind are handled one after the other, as they came, and each only when
 * `before` is done with it.
 *
 * By itself Baileys begins with all of them at once, and the first messages of somebody new, for whom more has to be written
 * down, are overtaken by those behind them.
 */
export class Turns {
  #socket: WASocket | undefined
  #turn: Promise<unknown> = Promise.resolve()

  /** Takes a new socket's stanzas over. */
  attach(socket: WASocket, event: string, before: (stanza: BinaryNode) => Promise<void> | void): void {
    const handlers = socket.ws.listeners(event) as Handler[]
    socket.ws.removeAllListeners(event)
    this.#socket = socket
    socket.ws.on(event, (stanza: BinaryNode) => {
      // Those that came while we were away would have a queue of their own, which later ones do not wait for.
      const { offline: _, ...attrs } = stanza.attrs
      this.#turn = this.#turn.then(async () => {
        // A stanza that is left here comes again, to the socket that follows.
        if (this.#socket !== socket) return
        try {
          await before(stanza)
        } catch {
          // What could not be kept must not be acknowledged.
          return
        }
        await atMost(Promise.all(handlers.map(handle => handle({ ...stanza, attrs }))), LONGEST_MS)
      })
    })
  }

  /** Lets go of the socket; resolves when none of its stanzas is being handled any more. */
  async detach(): Promise<void> {
    this.#socket = undefined
    await this.#turn
  }
}

/** One stanza that Baileys does not get done with must not hold up all others. */
const LONGEST_MS = 30_000
