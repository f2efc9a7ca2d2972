import { SessionCipher } from 'libsignal'

/**
 * Makes libsignal try each session of a contact on a copy, and keep only the copy that decrypts the message.
 *
 * By itself libsignal tries the sessions one after the other in place. It advances the ratchet of each session before
 * it verifies that the message belongs to that session. When a later session succeeds, all sessions are stored, and
 * those that failed can then neither decrypt nor encrypt. Each message in them is requested again, and each answer
 * opens another session. A single message that crosses a new session triggers this bug. `README.md` explains how to
 * reproduce it with libsignal alone.
 *
 * If no session succeeds, but one reports that the message's key was used already, that error is thrown: the message
 * was received before, and must not be requested again.
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

/** Copies the new state into the old object, because the record identifies a session by its object. */
function replace(session: Entry, by: Entry): void {
  for (const name of Object.keys(session)) delete (session as unknown as Record<string, unknown>)[name]
  Object.assign(session, by)
}

/** The members that the types of libsignal 6.0.0 lack. */
interface Internals {
  decryptWithSessions(data: Buffer, sessions: Entry[]): Promise<{ session: Entry; plaintext: Buffer }>
  doDecryptWhisperMessage(data: Buffer, session: Entry): Promise<Buffer>
}

interface Entry {
  readonly constructor: { deserialize(data: unknown): Entry }
  readonly indexInfo: { used: number }
  serialize(): unknown
}

/** The text of libsignal's own error. */
const NO_SESSION = 'No matching sessions found for message'
