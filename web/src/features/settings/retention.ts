import type { Item } from './sections'

const KEYS = /^retention\.(\w+)_days$/

export const retainedKind = (key: string): string | undefined => KEYS.exec(key)?.[1]

type Limit = Pick<Item, 'key' | 'value' | 'default'>

/** Undefined if the new value deletes nothing earlier than the stored one; 0 keeps data forever. */
export function daysOfDeletion(item: Limit, value: unknown): number | undefined {
  // Null resets the setting to its default.
  const days = value === null ? item.default : value
  if (!retainedKind(item.key) || typeof days !== 'number' || days === 0) return undefined
  const isShorter = typeof item.value !== 'number' || item.value === 0 || days < item.value
  return isShorter ? days : undefined
}
