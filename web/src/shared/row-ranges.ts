export type RowKey = string | number

/** The rows from `from` to before `to`. */
export interface Range {
  from: number
  to: number
}

/** What a long list renders at a place: a row, or an empty row with the height, in px, of the rows that are left out. */
export type Part = { key: RowKey; index: number } | { key: string; gap: number }

/** Returns the ranges in their order, without overlaps, and within the number of rows. */
export function merged(ranges: readonly Range[], count: number): Range[] {
  const sorted = ranges
    .map(({ from, to }) => ({ from: Math.max(from, 0), to: Math.min(to, count) }))
    .filter(({ from, to }) => from < to)
    .sort((a, b) => a.from - b.from)
  const found: Range[] = []
  for (const range of sorted) {
    const last = found.at(-1)
    if (last && range.from <= last.to) last.to = Math.max(last.to, range.to)
    else found.push(range)
  }
  return found
}

/** Returns the height of a row in px. */
type HeightOf = (key: RowKey) => number

/** Returns the rows of the ranges in their order, with one gap for the rows between two ranges. */
export function partsOf(keys: readonly RowKey[], ranges: readonly Range[], heightOf: HeightOf): Part[] {
  const parts: Part[] = []
  let done = 0
  ;[...ranges, { from: keys.length, to: keys.length }].forEach(({ from, to }, at) => {
    const gap = keys.slice(done, from).reduce<number>((sum, key) => sum + heightOf(key), 0)
    if (from > done) parts.push({ key: `gap-${at}`, gap })
    keys.slice(from, to).forEach((key, by) => {
      parts.push({ key, index: from + by })
    })
    done = to
  })
  return parts
}

/** The rows between two distances, in px, from the start of the list; at least one if there are rows. */
export function rangeBetween(keys: readonly RowKey[], heightOf: HeightOf, top: number, bottom: number): Range {
  let from = 0
  let end = 0
  for (const key of keys.slice(0, -1)) {
    const next = end + heightOf(key)
    if (next > top) break
    end = next
    from++
  }
  let to = from
  for (const key of keys.slice(from)) {
    if (to > from && end >= bottom) break
    end += heightOf(key)
    to++
  }
  return { from, to }
}
