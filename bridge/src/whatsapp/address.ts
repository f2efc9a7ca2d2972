import { isJidBroadcast, isJidGroup, isJidNewsletter, jidDecode } from 'baileys'

/** WhatsApp's data on the origin of a message, from the attributes of its `<message>` stanza. */
export interface Envelope {
  /** The chat's address: a contact, a group, or a list. */
  readonly chat: string
  /** The other address of the same contact: the number for a LID, the LID for a number. */
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

/** Returns the chat of a stanza's message. The chat of a message from our own account is its recipient. */
export function envelopeOf(attributes: Readonly<Record<string, string | undefined>>, self: Self): Envelope {
  const { from = '', recipient, participant } = attributes
  if (isGroupLike(from)) return { chat: from, fromMe: isSelf(participant, self), participant: bare(participant) }
  const fromMe = isSelf(from, self)
  if (fromMe && recipient) {
    // The sender's attributes are our own here; only the recipient's attributes describe the contact.
    const { recipient_pn, peer_recipient_pn, recipient_lid, peer_recipient_lid } = attributes
    const others = [recipient_pn, peer_recipient_pn, recipient_lid, peer_recipient_lid]
    return { chat: recipient, other: others.find(other => isOther(other, recipient)), fromMe }
  }
  const { sender_pn, sender_lid, participant_pn, participant_lid } = attributes
  const others = [sender_pn, participant_pn, sender_lid, participant_lid]
  return { chat: from, other: others.find(other => isOther(other, from)), fromMe }
}

/**
 * Returns whether the bridge ignores a chat: a group, a broadcast list, a channel or status updates. The CRM has chats
 * with single contacts only.
 */
export function isLeftOut(address: string): boolean {
  return Boolean(isJidBroadcast(address) || isJidGroup(address) || isJidNewsletter(address))
}

/** Returns whether an address belongs to the linked account, on any device. */
export function isSelf(address: string | undefined, self: Self): boolean {
  const decoded = address ? jidDecode(address) : undefined
  if (!decoded) return false
  return decoded.server === 'lid' ? decoded.user === userOf(self.lid) : decoded.user === userOf(self.phone)
}

function userOf(address: string | undefined): string | undefined {
  return address ? jidDecode(address)?.user : undefined
}

/** Returns whether an address is set, and is of the other kind (number or LID) than `than`. */
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
