/**
 * Keeps the order `held` while the pointer is over the list, so that no row moves under it. New items behind the held
 * ones are shown; the caller adds their ids (`older`) to `held`. `fresh` is the number of new items that are not shown.
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
