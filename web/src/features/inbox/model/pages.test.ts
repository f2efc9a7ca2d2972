import { expect, test } from 'vitest'
import type { Page, TimelineItem } from '../api'
import { flatten, includes, joined, keyOf, type Loaded, renewed, withNewer, withNewest, withOlder } from './pages'

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

const far = (from: number, to: number): Page<TimelineItem> => ({ ...page(from, to), previous_cursor: `p${to}` })
const loaded = (pages: Page<TimelineItem>[], far: Page<TimelineItem>[] | null): Loaded => ({ pages, far })
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

test('pages far back are joined to the newest ones as soon as they overlap', () => {
  const apart = loaded([page(51, 60)], [far(10, 19)])
  expect(joined(apart)).toEqual(apart)
  const nearer = withNewer(apart, 'p19', far(20, 45))
  expect(nearer.far?.length).toBe(2)
  const all = withNewer(nearer, 'p45', far(46, 55))
  expect(all.far).toBeNull()
  expect(ids(all.pages)).toEqual(range(10, 60))
  // The page after the newest one can be fetched again with the cursor before it.
  expect(all.pages.map(({ next_cursor }) => next_cursor)).toEqual(['c51', 'c46', 'c20', 'c10'])
})

test('pages that reach the end without an overlap replace the newest ones', () => {
  const end = { ...page(10, 19), previous_cursor: null }
  expect(joined(loaded([page(51, 60)], [end]))).toEqual(loaded([end], null))
  const emptied = withNewer(loaded([page(51, 60)], [far(10, 19)]), 'p19', { items: [], next_cursor: null })
  expect(ids(emptied.pages)).toEqual(range(10, 19))
})

test('a page that a faster request has made superfluous is dropped', () => {
  const apart = loaded([page(51, 60)], [far(10, 19)])
  expect(withOlder(apart, 'c51', page(41, 50))).toBe(apart)
  expect(withNewer(apart, 'p9', far(10, 12))).toBe(apart)
  expect(ids(withOlder(apart, 'c10', page(1, 9)).far ?? [])).toEqual(range(1, 19))
  expect(ids(withOlder({ ...apart, far: null }, 'c51', page(41, 50)).pages)).toEqual(range(41, 60))
})

test('a time is included if there is no gap between it and the loaded entries', () => {
  const at = (second: number) => ({ at: `2026-11-22T10:00:${String(second).padStart(2, '0')}Z` })
  expect(includes([far(10, 19)], at(9))).toBe(false)
  expect(includes([far(10, 19)], at(15))).toBe(true)
  expect(includes([far(10, 19)], at(20))).toBe(false)
  expect(includes([page(10, 19)], at(20))).toBe(true)
  expect(includes([page(10, 19, null)], at(1))).toBe(true)
  expect(includes([far(10, 19)], { key: 'message-12' })).toBe(true)
  expect(includes([far(10, 19)], { key: 'call-12' })).toBe(false)
})

test('entries that were fetched again replace only those that are loaded', () => {
  const newer = { ...message(12), at: 'later' }
  expect(renewed([far(11, 12)], [newer, message(40)])[0]?.items).toEqual([message(11), newer])
})
