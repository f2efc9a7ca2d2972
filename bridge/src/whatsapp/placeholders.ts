import { type BinaryNode, getBinaryNodeChild, type WASocket } from 'baileys'
import { PLACEHOLDERS, type Session } from '../session/session.ts'
import { envelopeOf, type Self } from './envelope.ts'

/** A message whose content only the phone has. */
interface Placeholder {
  readonly remoteJid: string
  readonly id: string
  readonly fromMe: boolean
  readonly participant: string | null
  /** When the placeholder arrived, Unix ms. */
  readonly at: number
}

/**
 * Messages that arrive without content, such as the first message of a contact who tapped an advertisement. WhatsApp
 * requires an immediate acknowledgement, and the content is requested from the phone a little later. The record is kept
 * until the content arrives, at most for {@link KEPT_MS}.
 */
export class Placeholders {
  readonly #session: Session
  readonly #self: () => Self

  constructor(session: Session, self: () => Self) {
    this.#session = session
    this.#self = self
  }

  /** Records a message if it is a placeholder. Resolves when the record is on disk. */
  async note({ attrs, content }: BinaryNode): Promise<void> {
    const children = Array.isArray(content) ? content : []
    const hasContent = children.some(({ tag }) => tag === 'enc' || tag === 'plaintext')
    const kind = getBinaryNodeChild({ tag: 'message', attrs, content: children }, 'unavailable')?.attrs.type
    if (hasContent || (kind && NEVER_RESENT.test(kind)) || !attrs.id) return
    const { chat, fromMe, participant = null } = envelopeOf(attrs, this.#self())
    const placeholder: Placeholder = { remoteJid: chat, id: attrs.id, fromMe, participant, at: Date.now() }
    await this.#session.file.commit([[PLACEHOLDERS, attrs.id, placeholder]])
  }

  async forget(id: string): Promise<void> {
    if (this.#session.file.get(PLACEHOLDERS, id)) await this.#session.file.commit([[PLACEHOLDERS, id, null]])
  }

  /**
   * Repeats the requests to the phone that an earlier connection did not complete, and deletes expired records. The
   * library itself sends the requests for messages that arrive on this connection.
   */
  async askAgain(socket: WASocket): Promise<void> {
    for (const [id, value] of [...this.#session.file.entries(PLACEHOLDERS)]) {
      const { at, ...key } = value as Placeholder
      if (Date.now() - at > KEPT_MS) await this.forget(id)
      else await socket.requestPlaceholderResend(key)
    }
  }
}

/** Kinds whose content a phone does not send to linked devices. */
const NEVER_RESENT = /^view_once|^bot_unavailable_fanout$|^hosted_unavailable_fanout$/
/** How long a placeholder is kept, in ms: the same period as in WhatsApp Web. */
const KEPT_MS = 14 * 24 * 3_600_000
