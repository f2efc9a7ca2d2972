import { stripMarks } from '#shared/format/bidi'
import { formatPhone } from '#shared/format/phone'
import type { ContactDetail } from './api'

/** Returns a text as it can be read and typed: without invisible characters, and with single spaces. */
export const readable = (text: string): string => stripMarks(text).replace(/\s+/g, ' ').trim()

/** `shown` is the text that the user types to confirm the deletion, and `confirm` the one that the daemon gets. */
export function confirmationOf(
  { id, display_name: name, number, addresses }: Pick<ContactDetail, 'id' | 'display_name' | 'number' | 'addresses'>,
  country: string,
): { shown: string; confirm: string } {
  if (readable(name)) return { shown: readable(name), confirm: name }
  const address = number ?? addresses[0]?.value
  if (address) return { shown: formatPhone(address, country), confirm: address }
  return { shown: String(id), confirm: String(id) }
}
