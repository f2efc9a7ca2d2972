import type { Item } from './sections'

/** The settings that delete what is older. */
const KEYS = /^retention\.(\w+)_days$/

/** The kind of data that a setting limits, as `/api/retention` names it. */
export const retainedKind = (key: string): string | undefined => KEYS.exec(key)?.[1]

/** Whether a value of this setting deletes data that the stored one keeps; 0 keeps it forever. */
export function deletesMore(item: Pick<Item, 'key' | 'value'>, value: unknown): value is number {
  if (!retainedKind(item.key)) return false
  // Without a value of its own, the setting returns to its default.
  if (typeof value !== 'number' || value === 0) return false
  return typeof item.value !== 'number' || item.value === 0 || value < item.value
}
