import { expect, test } from 'vitest'
import { fromApi, isComplete, nextRange, pastMidnight, problemOf, toApi } from './week'

const range = (from: string, to: string, weekday = 0) => ({ weekday, from, to })

test('hours go to the API and come back', () => {
  const all = [range('16:00', '19:00'), range('9:00', '13:00'), range('0:00', '24:00', 5)]
  expect(toApi(all)).toEqual([
    { weekday: 0, from: '09:00', to: '13:00' },
    { weekday: 0, from: '16:00', to: '19:00' },
    { weekday: 5, from: '00:00', to: '24:00' },
  ])
  expect(fromApi(toApi(all))[0]).toEqual(range('9:00', '13:00'))
})

test('an invalid range is named', () => {
  const cases = [range('9x', '13:00'), range('13:00', '9:00'), range('9:00', '9:00'), range('9:00', '')]
  expect(cases.map(one => problemOf(one, [one]))).toEqual(['time', 'order', 'order', 'empty'])
  const [first, second, other] = [range('9:00', '13:00'), range('12:30', '15:00'), range('9:00', '13:00', 1)]
  expect(problemOf(second, [first, second, other])).toBe('overlap')
  expect(problemOf(other, [first, second, other])).toBeNull()
  expect(isComplete([first, range('13:00', '15:00'), other])).toBe(true)
})

test('a range without a begin or an end is incomplete, but not wrong', () => {
  expect(problemOf(range('19:00', ''), [])).toBe('empty')
  expect(problemOf(range('', ''), [])).toBe('empty')
  expect(problemOf(range('x', ''), [])).toBe('time')
  expect(isComplete([range('19:00', '')])).toBe(false)
})

test('the next range begins where the day is free', () => {
  expect(nextRange(0, [])).toEqual(range('9:00', '18:00'))
  expect(nextRange(0, [range('9:00', '13:00')])).toEqual(range('13:00', ''))
  expect(nextRange(0, [range('16:00', '19:00'), range('9:00', '13:00')])).toEqual(range('19:00', ''))
  expect(nextRange(0, [range('18:00', '24:00')])).toEqual(range('', ''))
  expect(nextRange(0, [range('9:00', '')])).toEqual(range('', ''))
  expect(nextRange(0, [range('0:00', '24:00')])).toBeUndefined()
})

test('hours that end on the next day are divided at midnight', () => {
  expect(pastMidnight(range('20:00', '2:00'))).toEqual([range('20:00', '24:00'), range('0:00', '2:00', 1)])
  expect(pastMidnight(range('20', '2', 6))).toEqual([range('20:00', '24:00', 6), range('0:00', '2:00', 0)])
  expect(pastMidnight(range('20:00', '0:00'))).toEqual([range('20:00', '24:00')])
  for (const one of [range('9:00', '9:00'), range('9:00', '13:00'), range('9x', '2:00'), range('20:00', '')])
    expect(pastMidnight(one)).toBeUndefined()
})
