import { expect, test } from 'vitest'
import { daysOfDeletion, retainedKind } from './retention'

test('a shorter limit deletes, a longer one and none do not', () => {
  const item = (value: unknown, key = 'retention.recordings_days') => ({ key, value, default: 180 })
  expect(daysOfDeletion(item(180), 30)).toBe(30)
  expect(daysOfDeletion(item(0), 30)).toBe(30)
  expect(daysOfDeletion(item(180), 365)).toBeUndefined()
  expect(daysOfDeletion(item(180), 0)).toBeUndefined()
  expect(daysOfDeletion(item(14, 'backup.keep_days'), 7)).toBeUndefined()
})

test('a reset to a shorter default deletes', () => {
  const item = (value: unknown, standard: unknown) => ({ key: 'retention.recordings_days', value, default: standard })
  expect(daysOfDeletion(item(365, 180), null)).toBe(180)
  expect(daysOfDeletion(item(0, 180), null)).toBe(180)
  expect(daysOfDeletion(item(90, 180), null)).toBeUndefined()
  expect(daysOfDeletion(item(365, 0), null)).toBeUndefined()
})

test('a setting names its kind of data', () => {
  expect(retainedKind('retention.media_days')).toBe('media')
  expect(retainedKind('backup.keep_days')).toBeUndefined()
})
