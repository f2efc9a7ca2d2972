import type { SignalKeyStore } from 'baileys'
import { addressOf, lidAddress } from '../address.ts'
import type { Envelope } from './envelope.ts'

/** A chat, with all its known addresses. */
export interface Contact {
  /** The phone number: digits only. */
  readonly phone?: string
  /** The LID: `…@lid`. */
  readonly lid?: string
  /** The address itself, if it is not a contact's. */
  readonly address?: string
}

/** Builds a contact from its addresses; of each kind, the first one counts. */
export function contactOf(...addresses: (string | null | undefined)[]): Contact {
  const contact: { phone?: string; lid?: string; address?: string } = {}
  for (const address of addresses.map(addressOf)) {
    if (address?.kind === 'phone') contact.phone ??= address.user
    else if (address?.kind === 'lid') contact.lid ??= address.bare
    else if (address) contact.address ??= address.bare
  }
  return contact
}

/** Returns the address that identifies the contact in the daemon's events. */
export function wireAddressOf(contact: Contact): string {
  return contact.phone ?? contact.lid ?? contact.address ?? ''
}

/** Returns the lane that keeps a contact's events in order. The LID is preferred, because it never changes. */
export function laneOf(contact: Contact): string {
  return contact.lid ?? contact.phone ?? contact.address ?? ''
}

/** Returns a contact with all known addresses: those in the message, and those in stored LID mappings. */
export async function identify(
  keys: SignalKeyStore,
  { chat, other }: Pick<Envelope, 'chat' | 'other'>,
): Promise<Contact> {
  const contact = contactOf(chat, other)
  if (contact.address || (contact.phone && contact.lid)) return contact
  const user = contact.phone ?? addressOf(contact.lid)?.user
  if (!user) return contact
  const id = contact.phone ? user : `${user}_reverse`
  const { [id]: mapped } = await keys.get('lid-mapping', [id])
  if (!mapped) return contact
  return contact.phone ? { ...contact, lid: lidAddress(mapped) } : { ...contact, phone: mapped }
}
