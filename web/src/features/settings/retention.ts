import type { Item } from './sections'

/** The settings that limit how long data is kept. */
const KEYS = /^retention\.(\w+)_days$/

/** Returns the kind of data that a setting limits, as `/api/retention` names it. */
export const retainedKind = (key: string): string | undefined => KEYS.exec(key)?.[1]

/** Returns true if a value of this setting deletes data that the stored value keeps; 0 keeps data forever. */
export function deletesMore(item: Pick<Item, 'key' | 'value'>, value: unknown): value is number {
  if (!retainedKind(item.key)) return false
  // A reset to the default (null) is not compared.
  if (typeof value !== 'number' || value === 0) return false
  return typeof item.value !== 'number' || item.value === 0 || value < item.value
}
