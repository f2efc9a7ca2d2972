import { expect, test } from 'vitest'
import { deletesMore, retainedKind } from './retention'

test('a shorter limit deletes, a longer one and none do not', () => {
  const item = (value: unknown, key = 'retention.recordings_days') => ({ key, value })
  expect(deletesMore(item(180), 30)).toBe(true)
  expect(deletesMore(item(0), 30)).toBe(true)
  expect(deletesMore(item(180), 365)).toBe(false)
  expect(deletesMore(item(180), 0)).toBe(false)
  expect(deletesMore(item(180), null)).toBe(false)
  expect(deletesMore(item(14, 'backup.keep_days'), 7)).toBe(false)
})

test('a setting names its kind of data', () => {
  expect(retainedKind('retention.media_days')).toBe('media')
  expect(retainedKind('backup.keep_days')).toBeUndefined()
})
