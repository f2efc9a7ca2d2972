// The route of a message to the device: the sender, the kind of chat, the addresses.

import type { Attributes } from './stanza.ts'
import type { User } from './user.ts'

/** Whether chats are addressed by phone number or by LID. */
export type Addressing = 'pn' | 'lid'

export type Route =
  /** From a user to the business. */
  | { kind: 'chat'; addressing: Addressing; hidePhone: boolean }
  /** From a user: in a group, through a broadcast list, or as a status update. */
  | { kind: 'group' | 'list' | 'status'; chat: string; addressing: Addressing; hidePhone: boolean }
  /** From a channel. Nothing is encrypted. */
  | { kind: 'newsletter'; chat: string }
  /** From the business's own phone to that user. */
  | { kind: 'own'; recipient: User; addressing: Addressing }
  /** Internal, from the business's own phone to its device: history and similar data. */
  | { kind: 'peer' }

/** Returns whether the message is encrypted once for all members, with a sender key. */
export const bySenderKey = ({ kind }: Route): boolean => kind === 'group' || kind === 'status'

export function attributesOf(route: Route, sender: User): Attributes {
  switch (route.kind) {
    case 'chat': {
      const phone = route.hidePhone ? undefined : sender.jid
      if (route.addressing === 'lid') return { from: sender.lidJid, sender_pn: phone, ...by(route), ...named(sender) }
      return { from: sender.jid, sender_lid: sender.lidJid, ...named(sender) }
    }
    case 'group':
    case 'list':
    case 'status': {
      const phone = route.hidePhone ? undefined : sender.jid
      const author =
        route.addressing === 'lid'
          ? { participant: sender.lidJid, participant_pn: phone }
          : { participant: sender.jid, participant_lid: sender.lidJid }
      return { from: route.chat, ...author, ...by(route), ...named(sender) }
    }
    case 'newsletter':
      return { from: route.chat }
    case 'own': {
      const { recipient } = route
      if (route.addressing === 'lid') {
        return { from: sender.lidJid, recipient: recipient.lidJid, peer_recipient_pn: recipient.jid, ...by(route) }
      }
      return { from: sender.jid, recipient: recipient.jid, peer_recipient_lid: recipient.lidJid }
    }
    case 'peer':
      return { from: sender.jid, category: 'peer' }
  }
}

const by = ({ addressing }: { addressing: Addressing }): Attributes => ({ addressing_mode: addressing })
const named = ({ name }: User): Attributes => ({ notify: name })
