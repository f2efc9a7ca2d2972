// Receipts to the device, for messages of the device or the business's own phone. Each is kept until the device
// acknowledges it.
import type { BinaryNode } from 'baileys'
import type { Network } from './network.ts'
import { seconds, stanza } from './stanza.ts'
import type { User } from './user.ts'

/** The types of receipts. In stanzas the type `delivery` is omitted. */
export const RECEIPT_TYPES = ['delivery', 'read', 'played', 'retry', 'sender', 'inactive', 'peer_msg'] as const

export type ReceiptType = (typeof RECEIPT_TYPES)[number]

export interface ReceiptSubject {
  /** The ids of the first message, and of further messages in the same chat. */
  ids: string[]
  /** The chat's address, as the device wrote it. */
  chat: string
  /** The user who has received or read the messages. */
  user: User
}

export class Receipts {
  private readonly kept: { node: BinaryNode; taken: boolean }[] = []
  private readonly retries = new Map<string, number>()

  constructor(private readonly network: Network) {}

  send(type: ReceiptType, subject: ReceiptSubject): Promise<void> {
    return this.network.turn(() => {
      const receipt = { node: this.nodeOf(type, subject), taken: false }
      this.kept.push(receipt)
      if (this.network.receiving) this.network.send(receipt.node)
    })
  }

  get waiting(): number {
    return this.pending().length
  }

  deliverPending(): void {
    for (const { node } of this.pending()) this.network.send({ ...node, attrs: { ...node.attrs, offline: '1' } })
  }

  takeAck({ attrs }: BinaryNode): void {
    const same = ({ node }: { node: BinaryNode }) => node.attrs.id === attrs.id && node.attrs.type === attrs.type
    for (const receipt of this.kept.filter(same)) receipt.taken = true
  }

  /** Drops all receipts when another device is linked. */
  abandon(): void {
    this.kept.length = 0
  }

  private pending() {
    return this.kept.filter(({ taken }) => !taken)
  }

  private nodeOf(type: ReceiptType, { ids, chat, user }: ReceiptSubject): BinaryNode {
    const [id = '', ...more] = ids
    const { own } = this.network.users
    const lid = chat.endsWith('@lid')
    const group = chat.endsWith('@g.us')
    const attributes =
      type === 'sender'
        ? { from: lid ? own.lidJid : own.jid, recipient: chat }
        : { from: chat, participant: group ? user.lidJid : undefined }
    const content: BinaryNode[] = []
    if (more.length)
      content.push(
        stanza(
          'list',
          {},
          more.map(item => stanza('item', { id: item })),
        ),
      )
    if (type === 'retry') content.push(...this.retryOf(id, user))
    const named = { id, t: seconds(), type: type === 'delivery' ? undefined : type }
    return stanza('receipt', { ...attributes, ...named }, content.length ? content : undefined)
  }

  private retryOf(id: string, user: User): BinaryNode[] {
    const count = (this.retries.get(id) ?? 0) + 1
    this.retries.set(id, count)
    const retry = stanza('retry', { v: '1', count: String(count), id, t: seconds() })
    return [retry, stanza('registration', {}, user.registration)]
  }
}
