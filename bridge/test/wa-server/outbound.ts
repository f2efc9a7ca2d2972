// Messages from the device: the recipients decrypt them, the server acknowledges them, and receipts follow.
import { type BinaryNode, type proto, proto as protocol } from 'baileys'
import type { Connection } from './connection.ts'
import { type ContentSeen, describe } from './content.ts'
import type { Network } from './network.ts'
import type { Receipts } from './receipts.ts'
import { bytesOf, child, children, seconds, stanza } from './stanza.ts'
import type { User } from './user.ts'

export interface Copy {
  jid: string
  /** The type of the encryption: pkmsg, msg, skmsg or plaintext. */
  type: string
  text?: string | undefined
  /** The copy for the business's own phone. */
  deviceSent?: boolean
  /** Whether the copy contains only the key to decrypt group messages. */
  senderKey?: boolean
  /** Why the copy could not be decrypted. */
  error?: string
}

export interface OutboundMessage extends ContentSeen {
  id: string
  /** The chat's address, as the device wrote it. */
  to: string
  /** The recipient's phone number; undefined for groups and lists. */
  phone: string | undefined
  /** The recipient has already shown a message with this id, and drops this one. */
  duplicate: boolean
  acknowledged: boolean
  /** The error that the message got instead of an acknowledgement. */
  error?: number
  /** The decrypted message; undefined if no recipient could decrypt it. */
  message: proto.IMessage | undefined
  copies: Copy[]
  /** When the message arrived, Unix ms. */
  t: number
}

export class Outbound {
  readonly messages: OutboundMessage[] = []
  /** The ids that recipients have shown, and have not requested again since. */
  private readonly shown = new Set<string>()

  constructor(
    private readonly network: Network,
    private readonly receipts: Receipts,
    /** Called with the device's requests to its own phone. */
    private readonly onPeerMessage: (message: proto.IMessage | undefined) => void,
  ) {}

  async take(connection: Connection, node: BinaryNode): Promise<void> {
    const { id = '', to = '', category } = node.attrs
    const copies: Copy[] = []
    const message = await this.read(node, to, copies)
    const seen: ContentSeen = message ? describe(message, this.network.media) : { kind: 'other', text: undefined }
    if (category === 'peer') {
      this.network.journal.note('peer-message', { id, message: message?.protocolMessage })
      if (!this.network.options.ackMessages) return
      this.acknowledge(connection, node)
      if (this.network.options.phoneOnline) this.confirm(id)
      this.onPeerMessage(message)
      return
    }
    const phone = to.endsWith('@g.us') ? undefined : this.network.users.byJid(to)?.phone
    const duplicate = this.shown.has(id)
    const record: OutboundMessage = {
      ...{ id, to, phone, ...seen, duplicate, acknowledged: false },
      ...{ message, copies, t: Date.now() },
    }
    if (message) this.shown.add(id)
    this.messages.push(record)
    this.network.journal.note('client-message', { id, to, kind: seen.kind, text: seen.text, duplicate })
    this.answer(connection, node, record)
  }

  /** Called when a recipient could not decrypt the message, so that the next copy with this id is shown. */
  unreadable(id: string): void {
    this.shown.delete(id)
  }

  find(id: string): OutboundMessage | undefined {
    return this.messages.find(message => message.id === id)
  }

  private async read(node: BinaryNode, to: string, copies: Copy[]): Promise<proto.Message | undefined> {
    const plain = child(node, 'plaintext')
    if (plain) return protocol.Message.decode(bytesOf(plain))
    let message: proto.Message | undefined
    for (const { jid, enc } of sealedCopies(node, to)) {
      const copy: Copy = { jid, type: enc.attrs.type ?? '' }
      copies.push(copy)
      const read = await this.readCopy(to, copy, enc, node.attrs.category === 'peer')
      message ??= read
    }
    const grouped = children(node, 'enc').find(({ attrs }) => attrs.type === 'skmsg')
    if (grouped) message ??= await this.readGrouped(to, grouped, copies)
    return message
  }

  /**
   * Decrypts one recipient's copy. Returns the message; nothing if the copy cannot be decrypted, has only a sender key,
   * or is for the business's own phone and is not a peer message.
   */
  private async readCopy(to: string, copy: Copy, enc: BinaryNode, isPeer: boolean): Promise<proto.Message | undefined> {
    try {
      const user = this.network.users.byJid(copy.jid)
      if (!user) throw new Error('no contact has that address')
      const message = await user.decrypt(this.network.device, enc.attrs.type, bytesOf(enc))
      const key = message.senderKeyDistributionMessage?.axolotlSenderKeyDistributionMessage
      if (key) {
        await user.learnSenderKey(to, this.network.device, key)
        copy.senderKey = true
      }
      const own = message.deviceSentMessage?.message
      copy.text = describe(own ?? message, this.network.media).text
      if (own) copy.deviceSent = true
      if (own) return isPeer ? protocol.Message.fromObject(own) : undefined
      return key && !hasContent(message) ? undefined : message
    } catch (error) {
      copy.error = String(error)
      return undefined
    }
  }

  private async readGrouped(to: string, enc: BinaryNode, copies: Copy[]): Promise<proto.Message | undefined> {
    let message: proto.Message | undefined
    for (const user of this.network.users.all.filter(({ readsGroups }) => readsGroups)) {
      const copy: Copy = { jid: user.lidJid, type: 'skmsg' }
      copies.push(copy)
      try {
        message = await user.decryptFromGroup(to, this.network.device, bytesOf(enc))
        copy.text = describe(message, this.network.media).text
      } catch (error) {
        copy.error = String(error)
      }
    }
    return message
  }

  private answer(connection: Connection, node: BinaryNode, record: OutboundMessage): void {
    const { options, users } = this.network
    if (!options.ackMessages) return
    const error = options.nextSendError ?? undefined
    options.nextSendError = null
    setTimeout(() => {
      if (!connection.open) return
      this.acknowledge(connection, node, error)
      if (error) record.error = error
      else record.acknowledged = true
      this.network.journal.note('server-ack', { id: record.id, error })
      if (error) return
      const user = users.byJid(record.to)
      if (!user || user === users.own) return
      // Phones automatically request messages that they could not decrypt.
      const receipt = record.message || this.shown.has(record.id) ? this.autoReceipt : this.askAgain
      setTimeout(() => receipt.call(this, record, user), options.receiptDelayMs)
    }, options.ackDelayMs)
  }

  private confirm(id: string): void {
    const { own } = this.network.users
    // Not awaited, because both the acknowledgement and the receipt are queued, and the receipt must come second.
    void this.receipts.send('peer_msg', { ids: [id], chat: own.jid, user: own })
  }

  private async askAgain({ id, to }: OutboundMessage, user: User): Promise<void> {
    const tries = this.messages.filter(message => message.id === id).length
    if (tries <= MAX_TRIES) await this.receipts.send('retry', { ids: [id], chat: to, user })
  }

  private acknowledge(connection: Connection, { attrs }: BinaryNode, error?: number): void {
    const { id, to, participant } = attrs
    const failure = error === undefined ? undefined : String(error)
    connection.send(stanza('ack', { class: 'message', id, from: to, participant, t: seconds(), error: failure }))
  }

  private async autoReceipt({ id, to }: OutboundMessage, user: User): Promise<void> {
    const { autoReceipt } = this.network.options
    if (!autoReceipt) return
    const subject = { ids: [id], chat: to, user }
    await this.receipts.send('delivery', subject)
    if (autoReceipt === 'read') await this.receipts.send('read', subject)
  }
}

/** The maximum number of times that a phone requests the same message. */
const MAX_TRIES = 5

function sealedCopies(node: BinaryNode, to: string): { jid: string; enc: BinaryNode }[] {
  const listed = children(child(node, 'participants'), 'to').flatMap(recipient =>
    children(recipient, 'enc').map(enc => ({ jid: recipient.attrs.jid ?? '', enc })),
  )
  const direct = children(node, 'enc').filter(({ attrs }) => attrs.type !== 'skmsg')
  return [...listed, ...direct.map(enc => ({ jid: node.attrs.participant ?? to, enc }))]
}

const hasContent = (message: proto.Message): boolean =>
  Object.keys(message.toJSON()).some(name => name !== 'senderKeyDistributionMessage' && name !== 'messageContextInfo')
