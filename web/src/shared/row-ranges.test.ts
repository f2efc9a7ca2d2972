import { expect, test } from 'vitest'
import { merged, partsOf, rangeBetween } from './row-ranges'

const keys = Array.from({ length: 100 }, (_, at) => at)
/** Rows of 50 px, and every tenth of 80 px. */
const heightOf = (key: string | number) => (Number(key) % 10 === 0 ? 80 : 50)
const heightUntil = (index: number) => keys.slice(0, index).reduce((sum, key) => sum + heightOf(key), 0)

test('ranges are sorted, joined where they meet, and cut to the list', () => {
  const range = (from: number, to: number) => ({ from, to })
  expect(merged([range(40, 60), range(-3, 4), range(58, 70), range(70, 72), range(99, 120)], 100)).toEqual([
    range(0, 4),
    range(40, 72),
    range(99, 100),
  ])
  expect(merged([range(0, 0), range(200, 230)], 100)).toEqual([])
  expect(merged([range(0, 24)], 0)).toEqual([])
})

test('rows and gaps are together as high as the whole list, in the order of the rows', () => {
  for (const ranges of [
    [],
    [{ from: 0, to: 100 }],
    merged(
      [
        { from: 3, to: 9 },
        { from: 50, to: 99 },
      ],
      100,
    ),
  ]) {
    const parts = partsOf(keys, ranges, heightOf)
    const height = parts.reduce((sum, part) => sum + ('gap' in part ? part.gap : heightOf(part.key)), 0)
    expect(height).toBe(heightUntil(100))
    const shown = parts.flatMap(part => ('index' in part ? part.index : []))
    expect(shown).toEqual(keys.filter(key => ranges.some(({ from, to }) => from <= key && key < to)))
    expect(new Set(parts.map(({ key }) => key)).size).toBe(parts.length)
  }
})

test('the rows between two distances are those that reach into them', () => {
  for (const [top, bottom] of [
    [0, 300],
    [79, 81],
    [80, 130],
    [2_000, 2_900],
    [-500, 90],
  ] as const) {
    const inside = keys.filter(key => heightUntil(key + 1) > top && heightUntil(key) < bottom)
    expect(rangeBetween(keys, heightOf, top, bottom)).toEqual({ from: inside[0], to: (inside.at(-1) ?? 0) + 1 })
  }
  // Before and after the list, its nearest row.
  expect(rangeBetween(keys, heightOf, -900, -500)).toEqual({ from: 0, to: 1 })
  expect(rangeBetween(keys, heightOf, 90_000, 91_000)).toEqual({ from: 99, to: 100 })
  expect(rangeBetween([], heightOf, 0, 900)).toEqual({ from: 0, to: 0 })
})
