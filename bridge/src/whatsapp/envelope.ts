import { addressOf, isIgnored } from '../address.ts'

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

/**
 * Returns the envelope of a stanza. The chat of a message from our own account is its recipient, or our own account if
 * the message names no recipient, such as the history that the phone sends.
 */
export function envelopeOf(attributes: Readonly<Record<string, string | undefined>>, self: Self): Envelope {
  const { from = '', recipient, participant } = attributes
  if (isIgnored(from))
    return { chat: from, fromMe: isSelf(participant, self), participant: addressOf(participant)?.bare }
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

/** Returns whether an address belongs to the linked account, on any device. */
export function isSelf(address: string | undefined, self: Self): boolean {
  const { kind, user } = addressOf(address) ?? {}
  const own = addressOf(kind === 'lid' ? self.lid : self.phone)
  return own !== undefined && own.kind === kind && own.user === user
}

/** Returns whether an address is set, and is of another kind than `than`. */
function isOther(other: string | undefined, than: string): boolean {
  return other !== undefined && addressOf(other)?.kind !== addressOf(than)?.kind
}
