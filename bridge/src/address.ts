/** A WhatsApp address (JID), without the number of the device. */
export interface Address {
  /** `list`: a group, a broadcast list, a channel or the status updates. `other`: any other server. */
  readonly kind: 'phone' | 'lid' | 'list' | 'other'
  /** The part before the device: the digits of a number or a LID, or the id of another chat. */
  readonly user: string
  /** The address without the device. The server of a number is always `s.whatsapp.net`, and of a LID `lid`. */
  readonly bare: string
}

/** Reads an address; returns `undefined` if the text is missing or has no `@`. */
export function addressOf(text: string | null | undefined): Address | undefined {
  const at = text?.indexOf('@') ?? -1
  if (!text || at < 0) return undefined
  const server = text.slice(at + 1)
  // The user may be followed by `_` and a number that repeats the kind of the server, and by `:` and the device number.
  const user = text.slice(0, at).replace(/[_:].*$/, '')
  const kind = KINDS.get(server) ?? 'other'
  const bare = kind === 'phone' ? phoneAddress(user) : kind === 'lid' ? lidAddress(user) : `${user}@${server}`
  return { kind, user, bare }
}

export function phoneAddress(digits: string): string {
  return `${digits}@s.whatsapp.net`
}

export function lidAddress(digits: string): string {
  return `${digits}@lid`
}

export function isContact(address: string): boolean {
  const kind = addressOf(address)?.kind
  return kind === 'phone' || kind === 'lid'
}

/** Returns whether the bridge ignores a chat: the CRM has chats with single contacts only. */
export function isIgnored(address: string): boolean {
  return addressOf(address)?.kind === 'list'
}

/**
 * Reads a contact's address in a request: a number with its country code, with or without `+` or `whatsapp:`, or an
 * address of WhatsApp. Returns the number's digits or `…@lid`; `undefined` if the text is no contact's address.
 */
export function readContact(text: string): string | undefined {
  const named = text.trim().replace(/^whatsapp:/, '')
  const { kind, user, bare } = addressOf(named) ?? { kind: 'phone', user: named, bare: '' }
  if (kind === 'lid') return /^\d{5,20}$/.test(user) ? bare : undefined
  return kind === 'phone' ? readPhone(user) : undefined
}

/**
 * Reads a phone number with its country code; `+`, white space and punctuation are allowed. Returns its digits;
 * `undefined` if the text is no phone number.
 */
export function readPhone(text: string): string | undefined {
  const digits = text.replaceAll(/[\s().-]/g, '').replace(/^\+/, '')
  // E.164: up to 15 digits, of which the first is not 0. Fewer than 7 digits are no complete number.
  return /^[1-9]\d{6,14}$/.test(digits) ? digits : undefined
}

/** Masks a phone number or WhatsApp address for a log: `+9725•••••12`, `2000•••••01@lid`. */
export function masked(address: string): string {
  const { kind, user, bare } = addressOf(address) ?? { kind: 'phone', user: address.replace(/^\+/, ''), bare: '' }
  const shown = user.length > 6 ? `${user.slice(0, 4)}•••••${user.slice(-2)}` : '•••'
  return kind === 'phone' ? `+${shown}` : `${shown}${bare.slice(user.length)}`
}

/** `hosted` and `hosted.lid`: numbers and LIDs of businesses whose messages are received by Meta's servers. */
const KINDS: ReadonlyMap<string, Address['kind']> = new Map([
  ['s.whatsapp.net', 'phone'],
  ['c.us', 'phone'],
  ['hosted', 'phone'],
  ['lid', 'lid'],
  ['hosted.lid', 'lid'],
  ['g.us', 'list'],
  ['broadcast', 'list'],
  ['newsletter', 'list'],
])
