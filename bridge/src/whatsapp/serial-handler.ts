import type { BinaryNode, WASocket } from 'baileys'
import { settledWithin } from '../with-timeout.ts'

type Handler = (stanza: BinaryNode) => Promise<void> | void

/**
 * Wraps Baileys' handlers of a socket: stanzas of a kind are handled one after the other, in order of arrival, and
 * each only after `before` has finished for it.
 *
 * By itself Baileys handles all of them concurrently, and the first messages of a new contact, for which more has to
 * be written to disk, are overtaken by later ones.
 */
export class SerialHandler {
  #socket: WASocket | undefined
  #queue: Promise<unknown> = Promise.resolve()

  /** Attaches to a new socket. */
  attach(socket: WASocket, event: string, before: (stanza: BinaryNode) => Promise<void> | void): void {
    const handlers = socket.ws.listeners(event) as Handler[]
    socket.ws.removeAllListeners(event)
    this.#socket = socket
    socket.ws.on(event, (stanza: BinaryNode) => {
      // Stanzas of the offline period would have a separate queue, which later ones do not wait for.
      const { offline: _, ...attrs } = stanza.attrs
      this.#queue = this.#queue.then(async () => {
        // A stanza that is dropped here is repeated on the next socket.
        if (this.#socket !== socket) return
        try {
          await before(stanza)
        } catch {
          // A stanza that could not be stored must not be acknowledged.
          return
        }
        await settledWithin(Promise.all(handlers.map(handle => handle({ ...stanza, attrs }))), MAX_HANDLING_MS)
      })
    })
  }

  /** Detaches from the socket; resolves when none of its stanzas is in progress. */
  async detach(): Promise<void> {
    this.#socket = undefined
    await this.#queue
  }
}

/** One stanza that Baileys does not finish must not block all others. */
const MAX_HANDLING_MS = 30_000
