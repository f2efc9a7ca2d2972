import type { Schemas } from '#shared/api/client'

type Item = Schemas['SettingItem']

/** A value that can be sent, or why it cannot. */
export type Parsed = { value: unknown } | { problem: 'number' | 'range' }

const WHOLE: ReadonlySet<string> = new Set(['integer', 'duration'])

/** Whether the kind is edited as a number. */
export const isNumber = (kind: string): boolean => WHOLE.has(kind) || kind === 'decimal'

/** A stored value as the text of its field. */
export function toText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.join(', ')
  return String(value)
}

/** The text of a field as a value; an empty field of an optional setting or of a number resets it. */
export function fromText(item: Pick<Item, 'kind' | 'optional' | 'minimum' | 'maximum'>, typed: string): Parsed {
  const text = item.kind === 'long_text' ? typed : typed.trim()
  if (text === '' && (item.optional || isNumber(item.kind))) return { value: null }
  if (item.kind === 'list')
    return {
      value: text
        .split(/[,\n]/)
        .map(part => part.trim())
        .filter(Boolean),
    }
  if (item.kind === 'phone') return { value: toE164(text) }
  if (!isNumber(item.kind)) return { value: text }
  const number = Number(text)
  if (!Number.isFinite(number) || (WHOLE.has(item.kind) && !Number.isInteger(number))) return { problem: 'number' }
  const { minimum, maximum } = item
  if ((typeof minimum === 'number' && number < minimum) || (typeof maximum === 'number' && number > maximum)) {
    return { problem: 'range' }
  }
  return { value: number }
}

/** A number as people write it, with its country code where it is an Israeli one. */
function toE164(text: string): string {
  const digits = text.replace(/[\s()\-\u05BE\u200E\u200F\u2066-\u2069]/g, '')
  return /^0\d{8,9}$/.test(digits) ? `+972${digits.slice(1)}` : digits
}

/** Whether two values are the same. */
export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

/** What the page itself has set; null where the value comes from elsewhere. Setting it again undoes a change. */
export const ownValue = (item: Pick<Item, 'source' | 'value' | 'kind'>): unknown =>
  item.source === 'page' && item.kind !== 'secret' ? item.value : null
