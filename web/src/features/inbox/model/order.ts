/**
 * Keeps the order of a list while the pointer is over it, so that no row moves under the pointer. `held` is the order
 * to keep, or null. Items behind all held ones, such as those of the next page, are shown at the end; `older` has their
 * ids, which the caller adds to `held`. `fresh` is the number of other new items, which are not shown yet. `isMoved` is
 * true if the order of the held items has changed.
 */
export function heldOrder<T>(items: readonly T[], idOf: (item: T) => number, held: readonly number[] | null) {
  if (held === null) return { items, older: [], fresh: 0, isMoved: false }
  const byId = new Map(items.map(item => [idOf(item), item]))
  const shown = held.flatMap(id => byId.get(id) ?? [])
  const known = new Set(held)
  const isKnown = (item: T) => known.has(idOf(item))
  const older = items.slice(items.findLastIndex(isKnown) + 1)
  const isMoved = items.filter(isKnown).some((item, at) => item !== shown[at])
  return {
    items: [...shown, ...older],
    older: older.map(idOf),
    fresh: items.length - shown.length - older.length,
    isMoved,
  }
}
