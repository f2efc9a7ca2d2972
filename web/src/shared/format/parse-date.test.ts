import { expect, test } from 'vitest'
import { parseDate } from './parse-date'

test('dates are read as people write them', () => {
  const today = '2026-11-22'
  const cases: [string, string | undefined][] = [
    ['24.12', '2026-12-24'],
    ['1.1', '2027-01-01'],
    ['22/11', '2026-11-22'],
    ['21.11', '2027-11-21'],
    ['5-3-27', '2027-03-05'],
    ['24.12.2026', '2026-12-24'],
    ['29.2', '2028-02-29'],
    ['2026-12-24', '2026-12-24'],
    ['31.2.2027', undefined],
    ['13.13', undefined],
    ['מחר', undefined],
    ['', undefined],
  ]
  for (const [text, day] of cases) expect([text, parseDate(text, today)]).toEqual([text, day])
})

test('without a year, a date of the past is the last such day', () => {
  const past = (text: string) => parseDate(text, '2026-11-22', 'past')
  expect(past('22.11')).toBe('2026-11-22')
  expect(past('24.12')).toBe('2025-12-24')
  expect(past('29.2')).toBe('2024-02-29')
  expect(past('24.12.2027')).toBe('2027-12-24')
})
