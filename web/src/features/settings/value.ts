import type { Schemas } from '#shared/api/client'
import { fullNumber } from '#shared/format/phone'

type Item = Schemas['SettingItem']

export interface ControlProps {
  item: Item
  canEdit: boolean
  isBad: boolean
  labelledBy: string
  describedBy: string
  /** Saves a value. `version` is the version on which the edit is based, if the setting may have changed since. */
  onSave: (value: unknown, version?: number) => void
  onRejection: (kind: 'number' | 'range' | undefined) => void
}

/** A value that can be sent, or the reason why the input is invalid. */
export type Parsed = { value: unknown } | { problem: 'number' | 'range' }

const WHOLE: ReadonlySet<string> = new Set(['integer', 'duration'])

export const isNumber = (kind: string): boolean => WHOLE.has(kind) || kind === 'decimal'

export function toText(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.join(', ')
  return String(value)
}

/** The lists whose parts are phone numbers. */
const PHONE_LISTS: ReadonlySet<string> = new Set(['voice.ring_numbers'])

/** An empty field resets an optional or numeric setting. National phone numbers are those of `country`. */
export function fromText(
  item: Pick<Item, 'key' | 'kind' | 'optional' | 'minimum' | 'maximum'>,
  typed: string,
  country: string,
): Parsed {
  const text = item.kind === 'long_text' ? typed : typed.trim()
  if (text === '' && (item.optional || isNumber(item.kind))) return { value: null }
  if (item.kind === 'list') {
    const parts = text
      .split(/[,\n]/)
      .map(part => part.trim())
      .filter(Boolean)
    return { value: PHONE_LISTS.has(item.key) ? parts.map(part => fullNumber(part, country) ?? part) : parts }
  }
  if (item.kind === 'phone') return { value: fullNumber(text, country) ?? text }
  if (!isNumber(item.kind)) return { value: text }
  const number = Number(text)
  if (!Number.isFinite(number) || (WHOLE.has(item.kind) && !Number.isInteger(number))) return { problem: 'number' }
  const { minimum, maximum } = item
  if ((typeof minimum === 'number' && number < minimum) || (typeof maximum === 'number' && number > maximum)) {
    return { problem: 'range' }
  }
  return { value: number }
}

/**
 * A list of values as JSON, or one quoted value, in the daemon's explanation of a refusal. A quotation mark after a letter
 * belongs to a Hebrew abbreviation.
 */
const VALUES = /(\["[^[\]]*"\]|(?<!\p{L})"[^"\n]*"(?!\p{L}))/u

/** Splits the daemon's explanation of a refusal into text and the values that it names. */
export function reasonParts(reason: string): (string | string[])[] {
  return reason
    .split(VALUES)
    .map((part, at) => (at % 2 === 1 ? valuesOf(part) : part))
    .filter(part => part !== '')
}

function valuesOf(json: string): string | string[] {
  try {
    return [JSON.parse(json) as string | string[]].flat()
  } catch {
    return json
  }
}

/** A missing value equals null. */
export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

/**
 * Returns the value that was set on the page; null if the value comes from another source or is a secret. Saving it
 * again undoes a change.
 */
export const ownValue = (item: Pick<Item, 'source' | 'value' | 'kind'>): unknown =>
  item.source === 'page' && item.kind !== 'secret' ? item.value : null
