import { isJidBroadcast, isJidGroup, isJidNewsletter, jidDecode } from 'baileys'

/** WhatsApp's data on the origin of a message; attributes of its `<message>` stanza. */
export interface Envelope {
  /** The chat: a contact, a group, a list. */
  readonly chat: string
  /** Another address of the same contact: the number for a LID, the LID for a number. */
  readonly other?: string | undefined
  readonly fromMe: boolean
  /** The author, in a group or a list. */
  readonly participant?: string | undefined
}

/** The account's own addresses, which must never be treated as a contact's. */
export interface Self {
  readonly phone?: string | undefined
  readonly lid?: string | undefined
}

/** The chat of a stanza's message. A message that we wrote ourselves is in the chat of its recipient. */
export function envelopeOf(attributes: Readonly<Record<string, string | undefined>>, self: Self): Envelope {
  const { from = '', recipient, participant } = attributes
  if (isGroupLike(from)) return { chat: from, fromMe: isSelf(participant, self), participant: bare(participant) }
  const fromMe = isSelf(from, self)
  if (fromMe && recipient) {
    // The sender's attributes are our own here; only the recipient's are the contact's.
    const { recipient_pn, peer_recipient_pn, recipient_lid, peer_recipient_lid } = attributes
    const others = [recipient_pn, peer_recipient_pn, recipient_lid, peer_recipient_lid]
    return { chat: recipient, other: others.find(other => isOther(other, recipient)), fromMe }
  }
  const { sender_pn, sender_lid, participant_pn, participant_lid } = attributes
  const others = [sender_pn, participant_pn, sender_lid, participant_lid]
  return { chat: from, other: others.find(other => isOther(other, from)), fromMe }
}

/**
 * Whether a chat is ignored: a group, a broadcast list, a channel or status updates. The CRM has chats with contacts
 * only.
 */
export function isLeftOut(address: string): boolean {
  return Boolean(isJidBroadcast(address) || isJidGroup(address) || isJidNewsletter(address))
}

/** Whether an address is the linked account's, on any device. */
export function isSelf(address: string | undefined, self: Self): boolean {
  const decoded = address ? jidDecode(address) : undefined
  if (!decoded) return false
  return decoded.server === 'lid' ? decoded.user === userOf(self.lid) : decoded.user === userOf(self.phone)
}

function userOf(address: string | undefined): string | undefined {
  return address ? jidDecode(address)?.user : undefined
}

/** Whether an address exists, and is of the other kind. */
function isOther(other: string | undefined, than: string): boolean {
  return other !== undefined && jidDecode(other)?.server !== jidDecode(than)?.server
}

function isGroupLike(address: string): boolean {
  return Boolean(isJidGroup(address) || isJidBroadcast(address) || isJidNewsletter(address))
}

function bare(address: string | undefined): string | undefined {
  const decoded = address ? jidDecode(address) : undefined
  return decoded && `${decoded.user}@${decoded.server}`
}
