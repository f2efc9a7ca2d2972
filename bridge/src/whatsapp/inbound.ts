import { createHash } from 'node:crypto'
import {
  type BinaryNode,
  getBinaryNodeChild,
  proto,
  type SignalDataSet,
  type SignalKeyStoreWithTransaction,
  type SocketConfig,
  type WASocket,
} from 'baileys'
import { isIgnored } from '../address.ts'
import type { Log } from '../log.ts'
import type { Change } from '../session/record.ts'
import type { Session } from '../session/session.ts'
import type { Inbox, StanzaEntry } from '../spool/inbox.ts'
import type { MediaStore } from '../spool/media.ts'
import { contactOf, identify, laneOf } from './contact-identity.ts'
import { type Envelope, envelopeOf, type Self } from './envelope.ts'
import { decode, fileOf, parseUnavailable } from './parse-message.ts'
import type { Placeholders } from './placeholders.ts'
import { Received } from './received.ts'
import { SerialHandler } from './serial-handler.ts'
import { makeSignal } from './signal.ts'

export interface InboundDependencies {
  readonly session: Session
  /** The session's keys with transactions, which all sockets share. */
  readonly keys: SignalKeyStoreWithTransaction
  readonly inbox: Inbox
  readonly media: MediaStore
  readonly placeholders: Placeholders
  readonly self: () => Self
  readonly log: Log
}

/**
 * Makes received messages durable before their receipts are sent to WhatsApp.
 *
 * By itself Baileys decrypts a message, sends the receipt, and then emits the message. Decryption advances the Signal
 * ratchet, so the message can never be decrypted again: a kill after the receipt would lose it. This class decrypts a
 * message and stores its plaintext in one transaction of the key store, which is one record on disk, written before the
 * receipt is sent. The library itself is not changed.
 */
export class DurableInbound {
  readonly #dependencies: InboundDependencies
  readonly #serial = new SerialHandler()
  readonly #stanzas = new WeakMap<Uint8Array, BinaryNode>()
  readonly #received: Received
  #unreadable = 0

  constructor(dependencies: InboundDependencies) {
    this.#dependencies = dependencies
    this.#received = new Received(dependencies.session)
  }

  /** How often a message could not be decrypted or had no content; each failed attempt of a message counts. */
  get unreadable(): number {
    return this.#unreadable
  }

  readonly makeSignalRepository: SocketConfig['makeSignalRepository'] = (auth, logger, lookUp) => {
    const { keys } = this.#dependencies
    const { repository, lockOf } = makeSignal(keys, auth, logger, lookUp)
    const decryptMessage = repository.decryptMessage.bind(repository)
    const decryptGroupMessage = repository.decryptGroupMessage.bind(repository)
    const keep = async (ciphertext: Uint8Array, lock: string, decrypt: () => Promise<Uint8Array>) => {
      const stanza = this.#stanzas.get(ciphertext)
      const digest = createHash('sha256').update(ciphertext).digest('hex').slice(0, DIGEST_DIGITS)
      let arrived = () => {}
      const plain = await keys.transaction(async () => {
        // WhatsApp sends a message again if its receipt was lost. Baileys recognises this error and sends the receipt.
        // Any other error would make Baileys request the message again from the sender, who then opens a new session.
        if (this.#received.has(digest)) throw new Error(ALREADY_RECEIVED)
        const plain = await decrypt()
        if (stanza) {
          const kept = await this.#prepare({ stanza: stanza.attrs, plain: Buffer.from(plain) })
          for (const [table, id, value] of kept.changes) await keys.set({ [table]: { [id]: value } } as SignalDataSet)
          const received = this.#received.prepare(digest)
          await keys.set(received.data)
          arrived = () => {
            received.done()
            kept.arrived()
          }
        }
        return plain
      }, lock)
      arrived()
      return plain
    }
    repository.decryptMessage = async args => keep(args.ciphertext, await lockOf(args.jid), () => decryptMessage(args))
    repository.decryptGroupMessage = args => keep(args.msg, args.group, () => decryptGroupMessage(args))
    return repository
  }

  attach(socket: WASocket): void {
    this.#serial.attach(socket, 'CB:message', stanza => this.#note(stanza))
    socket.ev.on('messages.upsert', ({ messages }) => {
      for (const message of messages) {
        if (message.messageStubType !== proto.WebMessageInfo.StubType.CIPHERTEXT) continue
        this.#unreadable++
        const id = message.key.id ?? null
        this.#dependencies.log.warn(
          'WA_IN_UNREADABLE',
          `Message ${id} could not be decrypted or has no content; the WhatsApp library requests it a limited number of times`,
          { id },
        )
      }
    })
    socket.ev.on('connection.update', ({ connection }) => {
      if (connection === 'open') this.#dependencies.placeholders.askAgain(socket).catch(() => undefined)
    })
  }

  /** Detaches from the socket. Resolves when none of its messages is being processed. */
  detach(): Promise<void> {
    return this.#serial.detach()
  }

  /**
   * Remembers a message's stanza until Baileys has decrypted the message. A view-once message, which has no encrypted
   * content, is stored at once; any other message without content that the phone can resend is recorded as a
   * placeholder.
   */
  async #note(stanza: BinaryNode): Promise<void> {
    const { from } = stanza.attrs
    if (!from || isIgnored(from)) return
    for (const { tag, content } of Array.isArray(stanza.content) ? stanza.content : []) {
      if (tag === 'enc' && content instanceof Uint8Array) this.#stanzas.set(content, stanza)
    }
    const unavailable = getBinaryNodeChild(stanza, 'unavailable')
    if (unavailable?.attrs.type?.startsWith('view_once')) await this.#keepUnavailable(stanza)
    else await this.#dependencies.placeholders.note(stanza)
  }

  async #keepUnavailable({ attrs }: BinaryNode): Promise<void> {
    const { session, self } = this.#dependencies
    const envelope = envelopeOf(attrs, self())
    const contact = await identify(session.keys, envelope)
    const { event } = parseUnavailable({
      id: attrs.id ?? '',
      envelope,
      contact,
      pushName: attrs.notify,
      timestamp: Number(attrs.t) || undefined,
      waited: attrs.offline !== undefined,
      own: contactOf(self().phone).phone ?? '',
    })
    await this.#dependencies.inbox.add(laneOf(contact), { event })
  }

  async #prepare(entry: StanzaEntry): Promise<{ changes: Change[]; arrived(): void }> {
    const { inbox, media, session, self } = this.#dependencies
    const envelope = envelopeOf(entry.stanza, self())
    const lane = laneOf(await identify(session.keys, envelope))
    const { id, change } = inbox.prepare(lane, entry)
    // WhatsApp's links to files expire, so files are downloaded at once, even while the daemon is unreachable.
    const file = fileIn(entry, envelope)
    const noted = file && media.prepare(file.key, file.content, false)
    return {
      changes: noted?.change ? [change, noted.change] : [change],
      arrived: () => {
        inbox.arrived(id, lane)
        if (noted?.change) media.arrived(noted.id)
      },
    }
  }
}

/** Returns nothing if the message cannot be parsed: the message is stored anyway. */
function fileIn(entry: StanzaEntry, envelope: Envelope): ReturnType<typeof fileOf> {
  try {
    return fileOf(decode(entry), envelope, entry.stanza.id)
  } catch {
    return undefined
  }
}

/** How many hex digits of a message's hash are stored. With 64 bits, the probability of a collision is negligible. */
const DIGEST_DIGITS = 16
/** The text of libsignal's error, by which Baileys recognises a repeated message. */
const ALREADY_RECEIVED = 'Key used already or never filled'
