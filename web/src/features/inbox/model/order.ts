/**
 * Keeps the order of a list while the pointer is over it, so that no row moves under the pointer. `held` is the order
 * to keep, or null. `fresh` is the number of new items, which are not shown yet. `isMoved` is true if the order of the
 * other items has changed.
 */
export function heldOrder<T>(items: readonly T[], idOf: (item: T) => number, held: readonly number[] | null) {
  if (held === null) return { items, fresh: 0, isMoved: false }
  const byId = new Map(items.map(item => [idOf(item), item]))
  const shown = held.flatMap(id => byId.get(id) ?? [])
  const known = new Set(held)
  const fresh = items.filter(item => !known.has(idOf(item))).length
  const isMoved = items.filter(item => known.has(idOf(item))).some((item, at) => item !== shown[at])
  return { items: shown, fresh, isMoved }
}
