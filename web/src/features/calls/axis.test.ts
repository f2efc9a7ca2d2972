import { expect, test } from 'vitest'
import { axisOf } from './axis'

test.each([
  [14_000, [0, 5, 10]],
  [60_000, [0, 15, 30, 45, 60]],
  [187_000, [0, 60, 120, 180]],
  [3_900_000, [0, 900, 1800, 2700, 3600]],
  [0, [0]],
  [36_000_000, [0, 7200, 14400, 21600, 28800, 36000]],
])('the axis of %i ms has round times', (ms, seconds) => {
  expect(axisOf(ms).map(at => at / 1000)).toEqual(seconds)
})
