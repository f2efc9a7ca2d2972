import type { Contact, Thread } from '../api'

/** For display and for sending; null if no number is known. */
export const numberOf = (contact: Contact): string | null =>
  contact.number ?? contact.addresses.find(({ kind, former_at }) => kind === 'phone' && !former_at)?.value ?? null

export const whatsappOf = (contact: Contact): Thread | undefined =>
  contact.threads.find(({ type }) => type === 'whatsapp')

/** Returns the address for messages to the contact; null if the contact has none, or accepts no messages. */
export function recipientOf(contact: Contact): string | null {
  if (contact.opted_out) return null
  return whatsappOf(contact)?.peer_number ?? numberOf(contact)
}

/** The number of messages and calls that no user has opened. */
export const unreadOf = (contact: Contact): number =>
  contact.threads.reduce((sum, { unread_count }) => sum + unread_count, 0)

/** Null if there is no conversation, so that it cannot be archived either. */
export const archivedOf = ({ threads }: Pick<Contact, 'threads'>): boolean | null =>
  threads.length === 0 ? null : threads.every(({ archived_at }) => archived_at)

export const firstName = (name: string): string => name.trim().split(/\s+/)[0] ?? ''
