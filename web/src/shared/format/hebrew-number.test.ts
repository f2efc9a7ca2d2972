import { expect, test } from 'vitest'
import { hebrewNumber } from './hebrew-number'
import { Formatter } from './time'

test.each([
  [1, 'א׳'],
  [10, 'י׳'],
  [12, 'י״ב'],
  [15, 'ט״ו'],
  [16, 'ט״ז'],
  [17, 'י״ז'],
  [18, 'י״ח'],
  [5777, 'תשע״ז'],
  [30, 'ל׳'],
  [5787, 'תשפ״ז'],
  [5776, 'תשע״ו'],
  [5800, 'ת״ת'],
])('the number %i is written as %s', (value, text) => expect(hebrewNumber(value)).toBe(text))

test('a Hebrew date is written in letters', () => {
  const format = new Formatter('he', 'Asia/Jerusalem')
  expect(format.hebrewDate('2026-11-22T10:00:00Z')).toBe('י״ב בכסלו תשפ״ז')
  expect(format.hebrewDate('2027-03-09T10:00:00Z')).toBe('ל׳ באדר א׳ תשפ״ז')
})

test.each([
  ['2026-11-22T09:59:00Z', 'לפני דקה'],
  ['2026-11-22T09:58:00Z', 'לפני 2 דק׳'],
  ['2026-11-22T09:00:00Z', 'לפני שעה'],
  ['2026-11-22T08:00:00Z', 'לפני שעתיים'],
])('one and two of a unit are said without digits in parentheses: %s', (at, text) => {
  const format = new Formatter('he', 'Asia/Jerusalem')
  expect(format.ago(at, new Date('2026-11-22T10:00:00Z'))).toBe(text)
})

test('one minute is abbreviated in English as several are', () => {
  const format = new Formatter('en', 'Asia/Jerusalem')
  const now = new Date('2026-11-22T10:00:00Z')
  expect(format.ago('2026-11-22T09:59:00Z', now)).toMatch(/^1 min/)
  expect(format.ago('2026-11-22T09:58:00Z', now)).toMatch(/^2 min/)
  expect(format.ago('2026-11-22T09:59:00Z', now)).not.toContain('minute')
})
