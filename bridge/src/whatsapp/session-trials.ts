import { SessionCipher } from 'libsignal'

/**
 * Makes libsignal try each session of a contact on a copy, and keep the one that fits.
 *
 * By itself it tries a message on one session after the other in place, and steps the ratchet of each before it has
 * checked that the message belongs to it. When a later session fits, all are stored: those that did not fit can then
 * neither decrypt nor encrypt, each message in them is requested again, and each answer to that opens another
 * session. One message that crosses a new session is enough. `README.md` explains how to reproduce it with libsignal
 * alone.
 *
 * If no session fits but one has used the message's key already, that error is thrown: the message is known, and must
 * not be requested again.
 */
export function trySessionsOnCopies(): void {
  const cipher = SessionCipher.prototype as unknown as Internals
  cipher.decryptWithSessions = async function (data, sessions) {
    let known: unknown
    for (const session of sessions) {
      const copy = session.constructor.deserialize(session.serialize())
      try {
        const plaintext = await this.doDecryptWhisperMessage(data, copy)
        copy.indexInfo.used = Date.now()
        replace(session, copy)
        return { session, plaintext }
      } catch (error) {
        if ((error as Error).name === 'MessageCounterError') known = error
      }
    }
    throw known ?? Object.assign(new Error(NO_SESSION), { name: 'SessionError' })
  }
}

/** The record identifies the session by its object. */
function replace(session: Entry, by: Entry): void {
  for (const name of Object.keys(session)) delete (session as unknown as Record<string, unknown>)[name]
  Object.assign(session, by)
}

/** What the types of libsignal 6.0.0 lack. */
interface Internals {
  decryptWithSessions(data: Buffer, sessions: Entry[]): Promise<{ session: Entry; plaintext: Buffer }>
  doDecryptWhisperMessage(data: Buffer, session: Entry): Promise<Buffer>
}

interface Entry {
  readonly constructor: { deserialize(data: unknown): Entry }
  readonly indexInfo: { used: number }
  serialize(): unknown
}

/** The same text as libsignal's error. */
const NO_SESSION = 'No matching sessions found for message'
