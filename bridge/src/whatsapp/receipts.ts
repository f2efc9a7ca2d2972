import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, type SignalKeyStore, type WASocket } from 'baileys'
import { isContact } from '../address.ts'
import type { Inbox } from '../spool/inbox.ts'
import type { Status } from '../wire/event.ts'
import { identify, laneOf, wireAddressOf } from './contact-identity.ts'
import { isSelf, type Self } from './envelope.ts'
import { SerialHandler } from './serial-handler.ts'

/** Reports the status of our messages, from the receipts of the recipients' phones. */
export class Receipts {
  readonly #inbox: Inbox
  readonly #keys: SignalKeyStore
  readonly #self: () => Self
  readonly #serial = new SerialHandler()
  /** The last reported status of each message. Receipts are frequent, and arrive in any order. */
  readonly #reported = new Map<string, number>()

  constructor(inbox: Inbox, keys: SignalKeyStore, self: () => Self) {
    this.#inbox = inbox
    this.#keys = keys
    this.#self = self
  }

  /** Attaches to a new socket: receipts are on disk before they are acknowledged to WhatsApp. */
  attach(socket: WASocket): void {
    this.#serial.attach(socket, 'CB:receipt', stanza => this.#note(stanza))
  }

  /** Detaches from the socket. Resolves when none of its receipts is being processed. */
  detach(): Promise<void> {
    return this.#serial.detach()
  }

  async #note(stanza: BinaryNode): Promise<void> {
    const { from = '', participant, recipient, type, id, t } = stanza.attrs
    const status = STATUSES[type ?? 'delivery']
    // Ignores receipts of other types, from our own other devices, and from members of groups.
    if (!status || !isContact(from) || isSelf(participant ?? from, this.#self()) || recipient) return
    const contact = await identify(this.#keys, { chat: from })
    const items = getBinaryNodeChildren(getBinaryNodeChild(stanza, 'list'), 'item').map(item => item.attrs.id)
    for (const message of [id, ...items]) {
      if (!message || !this.#advances(message, status)) continue
      const timestamp = Number(t) > 0 ? { timestamp: Number(t) } : {}
      const event = { event: 'status' as const, from: wireAddressOf(contact), id: message, status, ...timestamp }
      await this.#inbox.add(laneOf(contact), { event })
    }
  }

  #advances(id: string, status: Status): boolean {
    const rank = RANKS.indexOf(status)
    if (rank <= (this.#reported.get(id) ?? -1)) return false
    this.#reported.delete(id)
    this.#reported.set(id, rank)
    if (this.#reported.size > MAX_REPORTED) this.#reported.delete(this.#reported.keys().next().value as string)
    return true
  }
}

/**
 * The status of each of WhatsApp's receipt types; `inactive` is a delivery to a device that is not in use. Other types
 * are internal to the protocol.
 */
const STATUSES: Readonly<Record<string, Status>> = {
  delivery: 'delivered',
  inactive: 'delivered',
  read: 'read',
  played: 'played',
}
const RANKS: readonly Status[] = ['sent', 'delivered', 'read', 'played']
const MAX_REPORTED = 5000
