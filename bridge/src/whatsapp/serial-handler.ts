import type { BinaryNode, WASocket } from 'baileys'
import { settledWithin } from '../with-timeout.ts'

type Handler = (stanza: BinaryNode) => Promise<void> | void

/**
 * Wraps Baileys' handlers of a socket, so that stanzas of one kind are handled one at a time, in order of arrival, and
 * each only after `before` has completed for it. A stanza that takes longer than {@link MAX_HANDLING_MS} no longer
 * blocks the next one. A stanza whose `before` fails is not handled.
 *
 * By itself Baileys handles stanzas concurrently. The first messages of a new contact need more writes to disk, so
 * later messages would overtake them.
 */
export class SerialHandler {
  #socket: WASocket | undefined
  #queue: Promise<unknown> = Promise.resolve()

  attach(socket: WASocket, event: string, before: (stanza: BinaryNode) => Promise<void> | void): void {
    const handlers = socket.ws.listeners(event) as Handler[]
    socket.ws.removeAllListeners(event)
    this.#socket = socket
    socket.ws.on(event, (stanza: BinaryNode) => {
      // Removes `offline`: Baileys has a separate queue for stanzas with this attribute, and later stanzas do not wait
      // for it.
      const { offline: _, ...attrs } = stanza.attrs
      this.#queue = this.#queue.then(async () => {
        // A stanza of an old socket is dropped: WhatsApp sends it again on the next one.
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

  /** Detaches from the socket. Resolves when none of its stanzas is being processed. */
  async detach(): Promise<void> {
    this.#socket = undefined
    await this.#queue
  }
}

/** The time limit for one stanza, in ms: a stanza that Baileys never finishes must not block the others. */
const MAX_HANDLING_MS = 30_000
