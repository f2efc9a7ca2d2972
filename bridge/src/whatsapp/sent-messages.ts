import { createHash, randomBytes } from 'node:crypto'
import { proto } from 'baileys'
import { SENT, type Session } from '../session/session.ts'
import type { SendRequest } from '../wire/request.ts'
import { isDaemonFile } from './outgoing-file.ts'

/** The record of a message that the daemon asked the bridge to send. */
export interface SentHead {
  /** `trying`: the message may or may not have reached WhatsApp. */
  readonly state: 'trying' | 'sent' | 'refused'
  /** A hash of the request, to detect a key that is reused for another message. */
  readonly fingerprint: string
  /**
   * The recipient's address. Every attempt uses the same address: otherwise the recipient would see the message twice.
   * For a message that was refused before its address was known, the recipient as in the request.
   */
  readonly address: string
  /** When the last attempt was stored, Unix ms. */
  readonly at: number
  readonly code?: string
  readonly message?: string
}

/**
 * The records of sent messages, by id. They prevent sending two messages with the same key, and let the bridge resend a
 * message that its recipient could not decrypt.
 */
export class SentMessages {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  get(id: string): SentHead | undefined {
    return this.#session.file.get(SENT, id) as SentHead | undefined
  }

  /** Yields the ids of all records, oldest first. */
  *ids(): IterableIterator<string> {
    for (const [id] of this.#session.file.entries(SENT)) yield id
  }

  async message(id: string): Promise<proto.IMessage | undefined> {
    const value = (await this.#session.file.read(SENT, id)) as { message?: Uint8Array } | undefined
    return value?.message?.length ? proto.Message.decode(value.message) : undefined
  }

  /** Resolves when the record is on disk. */
  put(id: string, head: SentHead, message: proto.IMessage | undefined): Promise<void> {
    const bytes = message ? Buffer.from(proto.Message.encode(message).finish()) : Buffer.alloc(0)
    return this.#session.file.commit([[SENT, id, { head, message: bytes }]])
  }

  forget(id: string): Promise<void> {
    return this.#session.file.commit([[SENT, id, null]])
  }

  /**
   * Deletes the records older than {@link KEPT_MS}, and the oldest ones beyond {@link MAX_KEPT}. Their messages can no
   * longer be sent again to a recipient who could not decrypt them.
   */
  async prune(now: number): Promise<void> {
    const entries = [...this.#session.file.entries(SENT)] as [string, SentHead][]
    const tooMany = entries.length - MAX_KEPT
    const old = entries.filter(([, head], index) => index < tooMany || now - head.at > KEPT_MS)
    if (old.length > 0) await this.#session.file.commit(old.map(([id]) => [SENT, id, null] as const))
  }
}

/**
 * Returns the message's id, by which the recipient's phone detects a repeated message. The id is derived from the key,
 * so that it is the same at every attempt, and has the form of WhatsApp Web's ids. Without a key, the id is random.
 */
export function messageIdOf(key: string | undefined): string {
  const digest = key === undefined ? randomBytes(9) : createHash('sha256').update(`agentlocator/${key}`).digest()
  return `3EB0${digest.subarray(0, 9).toString('hex').toUpperCase()}`
}

/**
 * Returns a hash of the request without its key. Of a quoted message, only the id is included. Of a link to a file of
 * the daemon, only the path is included, which identifies the content: the daemon signs another link after its secret
 * has changed, and after a restored message was released.
 */
export function fingerprintOf(request: SendRequest): string {
  const { mediaUrl } = request
  return hashOf(request, mediaUrl && isDaemonFile(mediaUrl) ? mediaUrl.split('?')[0] : mediaUrl)
}

/** Returns whether a recorded fingerprint is that of the request. Earlier versions hashed a link with its query. */
export function isSameRequest(fingerprint: string, request: SendRequest): boolean {
  return fingerprint === fingerprintOf(request) || fingerprint === hashOf(request, request.mediaUrl)
}

function hashOf({ to, type, text, quoted }: SendRequest, mediaUrl: string | undefined): string {
  // Without a quote, the hash must equal that of earlier versions, which did not support quotes.
  return createHash('sha256')
    .update(JSON.stringify([to, type, text, mediaUrl ?? null, ...(quoted ? [quoted.id] : [])]))
    .digest('base64url')
}

const KEPT_MS = 30 * 24 * 3_600_000
export const MAX_KEPT = 50_000
