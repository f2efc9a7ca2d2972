import { expect, test } from 'vitest'
import type { Page, TimelineItem } from '../api'
import { flatten, keyOf, withNewest } from './pages'

const message = (id: number): TimelineItem =>
  ({ kind: 'message', at: `2026-11-22T10:00:${String(id).padStart(2, '0')}Z`, message: { id } }) as never
const page = (from: number, to: number, next: string | null = `c${from}`): Page<TimelineItem> => ({
  items: Array.from({ length: to - from + 1 }, (_, at) => message(from + at)),
  next_cursor: next,
})
const ids = (pages: Page<TimelineItem>[]) => flatten(pages).map(item => item.message?.id)

test('a new newest page keeps the older entries of the old one', () => {
  const pages = withNewest([page(11, 20), page(1, 10, null)], page(13, 22))
  expect(ids(pages)).toEqual(Array.from({ length: 22 }, (_, at) => at + 1))
  expect(pages[0]?.next_cursor).toBe('c11')
})

test('an entry that is gone from the newest page disappears', () => {
  const fresh = page(13, 20)
  fresh.items.splice(3, 1)
  expect(ids(withNewest([page(11, 20)], fresh))).toEqual([11, 12, 13, 14, 15, 17, 18, 19, 20])
})

test('without overlap the older pages are dropped', () => {
  expect(withNewest([page(1, 10)], page(30, 40))).toEqual([page(30, 40)])
})

test('a newest page that is all there is replaces everything', () => {
  expect(ids(withNewest([page(11, 20), page(1, 10, null)], page(15, 21, null)))).toEqual([15, 16, 17, 18, 19, 20, 21])
})

test('an entry in two pages is shown once', () => {
  expect(ids([page(5, 9), page(1, 5)])).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(keyOf(message(4))).toBe('message-4')
})
