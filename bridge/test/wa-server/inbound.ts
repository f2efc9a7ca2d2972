// Messages to the device. As in the real service, each message is encrypted once, and sent again unchanged until the
// device has answered.
import { areJidsSameUser, type BinaryNode, normalizeMessageContent, proto, S_WHATSAPP_NET } from 'baileys'
import { mediaPartOf, textOf } from './content.ts'
import type { InboundMessage, NewMessage } from './inbound-message.ts'
import type { Network } from './network.ts'
import { signedPreKeyOf } from './queries.ts'
import { reupload } from './reupload.ts'
import { attributesOf, bySenderKey, type Route } from './route.ts'
import { type Attributes, bytesOf, child, children, seconds, stanza, unsigned } from './stanza.ts'

/** If the device has fewer one-time keys left than this, the server requests more. */
const FEW_KEYS = 5
/** The maximum number of times that a sender encrypts a message again. */
const MAX_RETRIES = 5

export class Inbound {
  private readonly messages: InboundMessage[] = []
  private corrupt = false

  constructor(private readonly network: Network) {}

  async add(from: NewMessage): Promise<InboundMessage> {
    const { network } = this
    if (!network.account || network.account.revoked) throw new Error('no device is linked')
    const counts = { deliveries: 0, retries: 0, read: false, refusalIsRetry: false }
    const message: InboundMessage = { ...from, t: seconds(), state: 'queued', sealed: undefined, ...counts }
    await network.turn(async () => {
      this.messages.push(message)
      if (network.receiving) await this.deliver(message, false)
    })
    return message
  }

  get waiting(): number {
    return this.pending().length
  }

  async deliverPending(): Promise<void> {
    for (const message of this.pending()) await this.deliver(message, true)
  }

  /** The ciphertext is the same as before. */
  redeliver(id: string, offline = false): Promise<void> {
    const messages = this.messages.filter(message => message.id === id)
    if (!messages.length) throw new Error(`no message has the id ${id}`)
    return this.network.turn(async () => {
      if (!this.network.receiving) throw new Error('the device is not connected')
      for (const message of messages) await this.deliver(message, offline)
    })
  }

  corruptNext(): void {
    this.corrupt = true
  }

  /** Marks all open messages as gone when another device is linked, because it cannot decrypt them. */
  abandon(): void {
    for (const message of this.messages) {
      if (message.state !== 'acknowledged' && message.state !== 'refused') message.state = 'gone'
    }
  }

  async takeReceipt(receipt: BinaryNode): Promise<void> {
    const { options, journal } = this.network
    const { id, type, to, participant } = receipt.attrs
    const ids = [id ?? '', ...children(child(receipt, 'list'), 'item').map(item => item.attrs.id ?? '')]
    journal.note('receipt', { ids, type: type ?? 'delivery', to })
    if (options.dropReceipts && type !== 'retry') return
    this.network.send(stanza('ack', { class: 'receipt', id, from: to, participant, type }))
    for (const message of this.addressed(ids, receipt.attrs)) await this.applyReceipt(message, receipt)
  }

  takeAck({ attrs }: BinaryNode): void {
    for (const message of this.addressed([attrs.id ?? ''], attrs)) {
      if (attrs.error && message.refusalIsRetry) message.refusalIsRetry = false
      else message.state = attrs.error ? 'refused' : 'acknowledged'
    }
  }

  view() {
    return this.messages.map(({ id, sender, route, content, state, deliveries, retries, read }) => ({
      id,
      from: sender.phone,
      ...('chat' in route && { chat: route.chat }),
      ...(route.kind === 'own' && { to: route.recipient.phone }),
      text: textOf(normalizeMessageContent(content) ?? {}),
      state,
      deliveries,
      retries,
      read,
    }))
  }

  find(id: string): InboundMessage | undefined {
    return this.messages.find(message => message.id === id)
  }

  private pending(): InboundMessage[] {
    return this.messages.filter(({ state }) => state === 'queued' || state === 'sent')
  }

  private async applyReceipt(message: InboundMessage, receipt: BinaryNode): Promise<void> {
    switch (receipt.attrs.type) {
      case 'retry':
        return this.retry(message, receipt)
      case 'server-error':
        return reupload(this.network, message, receipt)
      case 'read':
      case 'read-self':
        message.read = true
        return
      default:
        message.state = 'acknowledged'
    }
  }

  /** The sender encrypts the message again, in a new session. */
  private async retry(message: InboundMessage, receipt: BinaryNode): Promise<void> {
    message.retries++
    message.state = 'retry'
    message.refusalIsRetry = true
    const keys = child(receipt, 'keys')
    if (keys) this.takeKeys(keys)
    if (!this.network.options.resendOnRetry || message.retries > MAX_RETRIES) return
    message.sender.renewSession()
    message.sealed = undefined
    message.state = 'queued'
    if (this.network.receiving) await this.deliver(message, false)
  }

  private takeKeys(keys: BinaryNode): void {
    const { device } = this.network
    const [preKey, signedPreKey] = [child(keys, 'key'), child(keys, 'skey')]
    if (signedPreKey) device.signedPreKey = signedPreKeyOf(signedPreKey)
    if (!preKey) return
    device.preKeys.unshift({ id: unsigned(bytesOf(child(preKey, 'id'))), key: bytesOf(child(preKey, 'value')) })
  }

  private async deliver(message: InboundMessage, offline: boolean): Promise<void> {
    const keys = this.network.device.preKeys.length
    message.sealed ??= await this.seal(message)
    this.warnOfFewKeys(keys)
    message.state = 'sent'
    message.deliveries++
    const { id, deliveries, t } = message
    this.network.journal.note('deliver', { id, deliveries, offline })
    const attributes: Attributes = { id, t, type: typeOf(message.content), ...(offline && { offline: '1' }) }
    this.network.send(
      stanza(
        'message',
        { ...attributesOf(message.route, message.sender), ...attributes },
        this.onItsWay(message.sealed),
      ),
    )
  }

  private warnOfFewKeys(before: number): void {
    const left = this.network.device.preKeys.length
    if (left === before || left >= FEW_KEYS) return
    const attributes = { from: S_WHATSAPP_NET, type: 'encrypt', id: `keys-${left}-${seconds()}`, t: seconds() }
    this.network.send(stanza('notification', attributes, [stanza('count', { value: String(left) })]))
  }

  private onItsWay(sealed: BinaryNode[]): BinaryNode[] {
    if (!this.corrupt) return sealed
    this.corrupt = false
    return sealed.map((node, index) => {
      if (index < sealed.length - 1 || !(node.content instanceof Uint8Array)) return node
      const content = Buffer.from(node.content)
      content[content.length - 1] = (content.at(-1) ?? 0) ^ 0xff
      return { ...node, content }
    })
  }

  private async seal({ route, sender, content, unavailable, retries }: InboundMessage): Promise<BinaryNode[]> {
    if (unavailable === 'absent') return []
    if (unavailable) return [stanza('unavailable', { type: unavailable })]
    const account = this.network.device
    const count = retries ? String(retries) : undefined
    if (route.kind === 'newsletter') return [stanza('plaintext', {}, proto.Message.encode(content).finish())]
    if (bySenderKey(route) && 'chat' in route) {
      const { distribution, body } = await sender.encryptForGroup(route.chat, content)
      const senderKeyDistributionMessage = {
        groupId: route.chat,
        axolotlSenderKeyDistributionMessage: distribution,
      }
      const key = await sender.encrypt(account, { senderKeyDistributionMessage })
      return [
        stanza('enc', { v: '2', type: key.type, count }, key.body),
        stanza('enc', { v: '2', type: 'skmsg', count }, body),
      ]
    }
    const sent = route.kind === 'own' ? deviceSent(route, content) : content
    const { type, body } = await sender.encrypt(account, sent)
    return [stanza('enc', { v: '2', type, count }, body)]
  }

  /** Returns the messages to which a receipt belongs. An id is unique only for one sender. */
  private addressed(ids: string[], { to, participant }: BinaryNode['attrs']): InboundMessage[] {
    return ids.flatMap(id => {
      const named = this.messages.filter(message => message.id === id)
      if (named.length < 2) return named
      return named.filter(({ route, sender }) => {
        const attributes = attributesOf(route, sender)
        return (
          areJidsSameUser(attributes.from, to) && (!participant || areJidsSameUser(attributes.participant, participant))
        )
      })
    })
  }
}

const deviceSent = (route: Route & { kind: 'own' }, message: proto.IMessage): proto.IMessage => {
  const { recipient, addressing } = route
  return { deviceSentMessage: { destinationJid: addressing === 'lid' ? recipient.lidJid : recipient.jid, message } }
}

/** Returns the type for the stanza. A real server cannot read the encrypted content, so the sender states the type. */
function typeOf(content: proto.IMessage): string {
  if (content.reactionMessage) return 'reaction'
  return mediaPartOf(content) ? 'media' : 'text'
}
