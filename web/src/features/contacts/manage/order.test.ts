import { expect, test } from 'vitest'
import { moved, positionOfNew } from './order'

const items = (...positions: number[]) => positions.map((position, at) => ({ id: at + 1, position }))

test('a move exchanges two positions', () => {
  expect(moved(items(1, 2, 5), 2, 1)).toEqual([
    { id: 3, position: 2 },
    { id: 2, position: 5 },
  ])
  expect(moved(items(1, 2, 5), 2, -1)).toEqual([
    { id: 2, position: 1 },
    { id: 1, position: 2 },
  ])
})

test('a move at the end of the list changes nothing', () => {
  expect(moved(items(1, 2), 1, -1)).toEqual([])
  expect(moved(items(1, 2), 2, 1)).toEqual([])
  expect(moved([], 2, 1)).toEqual([])
})

test('equal positions are made different', () => {
  const equal = items(1, 2, 2, 3)
  const moves = moved(equal, 3, -1)
  const after = equal.map(item => moves.find(({ id }) => id === item.id) ?? item)
  expect(after.toSorted((a, b) => a.position - b.position).map(({ id }) => id)).toEqual([1, 3, 2, 4])
  expect(new Set(after.map(({ position }) => position)).size).toBe(4)
})

test('a new stage comes after the last open one', () => {
  const stage = (id: number, position: number, outcome: string) => ({ id, position, outcome })
  expect(positionOfNew([stage(3, 3, 'won'), stage(2, 2, ''), stage(1, 1, '')])).toBe(2)
  expect(positionOfNew([stage(1, 1, 'won')])).toBeUndefined()
})
