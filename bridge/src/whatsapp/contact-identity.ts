import { jidDecode, type SignalKeyStore } from 'baileys'
import type { Envelope } from './address.ts'

/** A chat, with all known addresses. */
export interface Contact {
  /** Digits of the phone number. */
  readonly phone?: string
  /** `…@lid`. */
  readonly lid?: string
  /** The address itself if it is not a contact's. */
  readonly address?: string
}

/** A contact by one or two addresses. */
export function contactOf(...addresses: (string | undefined)[]): Contact {
  const contact: { phone?: string; lid?: string; address?: string } = {}
  for (const address of addresses) {
    const decoded = address ? jidDecode(address) : undefined
    if (!decoded) continue
    if (decoded.server === 's.whatsapp.net' || decoded.server === 'c.us' || decoded.server === 'hosted') {
      contact.phone ??= decoded.user
    } else if (decoded.server === 'lid' || decoded.server === 'hosted.lid') {
      contact.lid ??= `${decoded.user}@lid`
    } else {
      contact.address ??= `${decoded.user}@${decoded.server}`
    }
  }
  return contact
}

/** The contact's address in the daemon's events. */
export function wireAddressOf(contact: Contact): string {
  return contact.phone ?? contact.lid ?? contact.address ?? ''
}

/** The key that keeps a contact's events in order: the LID, which every contact has and which never changes. */
export function laneOf(contact: Contact): string {
  return contact.lid ?? contact.phone ?? contact.address ?? ''
}

/** A contact with all known addresses: those in the message, and those learned before. */
export async function identify(
  keys: SignalKeyStore,
  { chat, other }: Pick<Envelope, 'chat' | 'other'>,
): Promise<Contact> {
  const contact = contactOf(chat, other)
  if (contact.address || (contact.phone && contact.lid)) return contact
  const user = contact.phone ?? (contact.lid && jidDecode(contact.lid)?.user)
  if (!user) return contact
  const id = contact.phone ? user : `${user}_reverse`
  const { [id]: mapped } = await keys.get('lid-mapping', [id])
  if (!mapped) return contact
  return contact.phone ? { ...contact, lid: `${mapped}@lid` } : { ...contact, phone: mapped }
}
