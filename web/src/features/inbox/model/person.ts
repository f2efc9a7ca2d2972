import type { Contact, Thread } from '../api'

/** The number to show and to write to. */
export const numberOf = (contact: Contact): string | null =>
  contact.number ?? contact.addresses.find(({ kind, former_at }) => kind === 'phone' && !former_at)?.value ?? null

/** The thread of messages. */
export const whatsappOf = (contact: Contact): Thread | undefined =>
  contact.threads.find(({ type }) => type === 'whatsapp')

/** Where a message to the contact goes; null if there is only an address that takes none. */
export function recipientOf(contact: Contact): string | null {
  return whatsappOf(contact)?.peer_number ?? numberOf(contact)
}

/** The number of messages and calls that no user has opened. */
export const unreadOf = (contact: Contact): number =>
  contact.threads.reduce((sum, { unread_count }) => sum + unread_count, 0)

/** The first word of a name, to address or mention someone. */
export const firstName = (name: string): string => name.trim().split(/\s+/)[0] ?? ''
