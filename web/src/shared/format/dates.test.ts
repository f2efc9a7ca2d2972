import { describe, expect, test } from 'vitest'
import { addDays, clockText, instantOf, isDay, minuteOf, wallTime, weekOf } from './dates'

const ZONE = 'Asia/Jerusalem'

describe('days', () => {
  test('a week begins on Sunday', () => {
    expect(weekOf('2026-11-25')).toEqual([
      '2026-11-22',
      '2026-11-23',
      '2026-11-24',
      '2026-11-25',
      '2026-11-26',
      '2026-11-27',
      '2026-11-28',
    ])
    expect(weekOf('2026-11-22')[0]).toBe('2026-11-22')
  })

  test('days are counted over the ends of months and years', () => {
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29')
  })

  test('only days that exist are days', () => {
    expect(['2026-11-22', '2026-02-30', '2026-1-1', 'x'].map(isDay)).toEqual([true, false, false, false])
    expect(['1001-01-01', '9998-12-31', '1000-12-31', '9999-01-01'].map(isDay)).toEqual([true, true, false, false])
  })
})

describe('wall time', () => {
  test('the wall time is that of the business', () => {
    expect(wallTime('2026-11-22T07:30:00Z', ZONE)).toEqual({ day: '2026-11-22', minute: 9 * 60 + 30 })
    expect(wallTime('2026-11-22T22:30:00Z', ZONE)).toEqual({ day: '2026-11-23', minute: 30 })
  })

  test('a wall time becomes an instant over both clock changes of 2027', () => {
    expect(instantOf('2027-03-25', 600, ZONE)).toBe('2027-03-25T08:00:00.000Z')
    expect(instantOf('2027-03-26', 600, ZONE)).toBe('2027-03-26T07:00:00.000Z')
    // The clock change skips 02:30 on this night.
    expect(instantOf('2027-03-26', 150, ZONE)).toBeUndefined()
    // 01:30 occurs twice; the first time is daylight saving time.
    expect(instantOf('2027-10-31', 90, ZONE)).toBe('2027-10-30T22:30:00.000Z')
    expect(instantOf('2027-10-31', 600, ZONE)).toBe('2027-10-31T08:00:00.000Z')
  })

  test('every quarter of an hour is found again', () => {
    for (let at = Date.parse('2027-03-24T00:00:00Z'); at < Date.parse('2027-03-29T00:00:00Z'); at += 15 * 60_000) {
      const { day, minute } = wallTime(new Date(at), ZONE)
      expect(instantOf(day, minute, ZONE)).toBe(new Date(at).toISOString())
    }
  })
})

test('times are read as people write them', () => {
  expect(['9:30', '09:30', '0930', '1930', '8', '19', '23.59', '24:00', '9:60', ''].map(minuteOf)).toEqual([
    570,
    570,
    570,
    1170,
    480,
    1140,
    1439,
    undefined,
    undefined,
    undefined,
  ])
  expect([570, 0, 1439].map(clockText)).toEqual(['9:30', '0:00', '23:59'])
})
