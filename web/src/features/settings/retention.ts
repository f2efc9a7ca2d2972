import type { Item } from './sections'

/** The settings that limit how long data is kept. */
const KEYS = /^retention\.(\w+)_days$/

/** Returns the kind of data that a setting limits, as `/api/retention` names it. */
export const retainedKind = (key: string): string | undefined => KEYS.exec(key)?.[1]

type Limit = Pick<Item, 'key' | 'value' | 'default'>

/**
 * Returns the number of days after which a new value of this setting deletes data, if the stored value keeps data
 * longer. The value 0 keeps data forever.
 */
export function daysOfDeletion(item: Limit, value: unknown): number | undefined {
  // Null resets the setting to its default.
  const days = value === null ? item.default : value
  if (!retainedKind(item.key) || typeof days !== 'number' || days === 0) return undefined
  const isShorter = typeof item.value !== 'number' || item.value === 0 || days < item.value
  return isShorter ? days : undefined
}
