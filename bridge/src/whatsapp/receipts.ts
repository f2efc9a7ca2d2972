import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, type SignalKeyStore, type WASocket } from 'baileys'
import type { Inbox } from '../spool/inbox.ts'
import type { Status } from '../wire/event.ts'
import { isSelf, laneOf, nameOf, type Self } from './address.ts'
import { identify } from './people.ts'
import { Turns } from './turns.ts'

/** Hands on how far our messages have come: what people's phones say of them. */
export class Receipts {
  readonly #inbox: Inbox
  readonly #keys: SignalKeyStore
  readonly #self: () => Self
  readonly #turns = new Turns()
  /** How far a message had come when it was last told; receipts come often, and in any order. */
  readonly #told = new Map<string, number>()

  constructor(inbox: Inbox, keys: SignalKeyStore, self: () => Self) {
    this.#inbox = inbox
    this.#keys = keys
    this.#self = self
  }

  /** Takes a new socket's receipts over: what they say is on disk before WhatsApp hears that they arrived. */
  attach(socket: WASocket): void {
    this.#turns.attach(socket, 'CB:receipt', stanza => this.#note(stanza))
  }

  /** Lets go of the socket; resolves when none of its receipts is being handled any more. */
  detach(): Promise<void> {
    return this.#turns.detach()
  }

  async #note(stanza: BinaryNode): Promise<void> {
    const { from = '', participant, recipient, type, id, t } = stanza.attrs
    const status = STATUSES[type ?? 'delivery']
    // Our own other devices send receipts too, and those of groups are of one member each.
    if (!status || !isPerson(from) || isSelf(participant ?? from, this.#self()) || recipient) return
    const person = await identify(this.#keys, { chat: from })
    const items = getBinaryNodeChildren(getBinaryNodeChild(stanza, 'list'), 'item').map(item => item.attrs.id)
    for (const message of [id, ...items]) {
      if (!message || !this.#isNews(message, status)) continue
      const timestamp = Number(t) > 0 ? { timestamp: Number(t) } : {}
      const event = { event: 'status' as const, from: nameOf(person), id: message, status, ...timestamp }
      await this.#inbox.add(laneOf(person), { event })
    }
  }

  #isNews(id: string, status: Status): boolean {
    const rank = RANKS.indexOf(status)
    if (rank <= (this.#told.get(id) ?? -1)) return false
    this.#told.delete(id)
    this.#told.set(id, rank)
    if (this.#told.size > MOST) this.#told.delete(this.#told.keys().next().value as string)
    return true
  }
}

function isPerson(address: string): boolean {
  return address.endsWith('@s.whatsapp.net') || address.endsWith('@lid')
}

/** WhatsApp's words; `inactive` is a delivery to a device that nobody looks at. Others are the protocol's own business. */
const STATUSES: Readonly<Record<string, Status>> = {
  delivery: 'delivered',
  inactive: 'delivered',
  read: 'read',
  played: 'played',
}
const RANKS: readonly Status[] = ['sent', 'delivered', 'read', 'played']
const MOST = 5000
