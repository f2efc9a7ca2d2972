import { type BinaryNode, getBinaryNodeChild, type WASocket } from 'baileys'
import { PLACEHOLDERS, type Session } from '../session/session.ts'
import { envelopeOf, type Self } from './address.ts'

/** A message of which only the phone has the content. */
interface Placeholder {
  readonly remoteJid: string
  readonly id: string
  readonly fromMe: boolean
  readonly participant: string | null
  /** Unix ms. */
  readonly at: number
}

/**
 * Messages that come without content, as the first ones of people who pressed an advertisement do. WhatsApp has them
 * acknowledged at once, and the phone is asked for the content a little later: until that is here, it is not forgotten.
 */
export class Placeholders {
  readonly #session: Session
  readonly #self: () => Self

  constructor(session: Session, self: () => Self) {
    this.#session = session
    this.#self = self
  }

  /** Notes a message if it is one; resolves when that is on disk. */
  async note({ attrs, content }: BinaryNode): Promise<void> {
    const children = Array.isArray(content) ? content : []
    const hasContent = children.some(({ tag }) => tag === 'enc' || tag === 'plaintext')
    const kind = getBinaryNodeChild({ tag: 'message', attrs, content: children }, 'unavailable')?.attrs.type
    if (hasContent || (kind && NEVER_RESENT.test(kind)) || !attrs.id) return
    const { chat, fromMe, participant = null } = envelopeOf(attrs, this.#self())
    const placeholder: Placeholder = { remoteJid: chat, id: attrs.id, fromMe, participant, at: Date.now() }
    await this.#session.file.commit([[PLACEHOLDERS, attrs.id, placeholder]])
  }

  /** Its content is here, or will never be. */
  async forget(id: string): Promise<void> {
    if (this.#session.file.get(PLACEHOLDERS, id)) await this.#session.file.commit([[PLACEHOLDERS, id, null]])
  }

  /** Asks the phone again for what an earlier connection did not get; the library asks for what comes from here on. */
  async askAgain(socket: WASocket): Promise<void> {
    for (const [id, value] of [...this.#session.file.entries(PLACEHOLDERS)]) {
      const { at, ...key } = value as Placeholder
      if (Date.now() - at > KEPT_MS) await this.forget(id)
      else await socket.requestPlaceholderResend(key)
    }
  }
}

/** Kinds of which phones send no content to linked devices. */
const NEVER_RESENT = /^view_once|^bot_unavailable_fanout$|^hosted_unavailable_fanout$/
/** As long as WhatsApp Web asks, in ms. */
const KEPT_MS = 14 * 24 * 3_600_000
