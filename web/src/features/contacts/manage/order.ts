interface Placed {
  id: number
  position: number
}

export type Move = Placed

const sorted = <T extends Placed>(items: readonly T[]) =>
  items.toSorted((a, b) => a.position - b.position || a.id - b.id)

/**
 * Returns the new positions that move an item `by` places. Items with the same position are in the order of their ids,
 * so such positions are made different. Returns nothing if the item is at that end of the list already.
 */
export function moved(items: readonly Placed[], id: number, by: -1 | 1): Move[] {
  const list = sorted(items)
  const from = list.findIndex(item => item.id === id)
  const to = from + by
  const [item, other] = [list[from], list[to]]
  if (!item || !other) return []
  const next = list.with(from, other).with(to, item)
  let last = Number.NEGATIVE_INFINITY
  return next.flatMap(({ id, position }, at) => {
    last = Math.max(last + 1, list[at]?.position ?? 0)
    return position === last ? [] : [{ id, position: last }]
  })
}

/** A new stage comes after the last open one: with the same position, the newer stage is the later one. */
export function positionOfNew(stages: readonly (Placed & { outcome: string })[]): number | undefined {
  return sorted(stages)
    .filter(({ outcome }) => outcome === '')
    .at(-1)?.position
}
