import { expect, test } from 'vitest'
import { slotStep } from './slot-step'

test.each([
  [60, 0, 0, 30],
  [45, 0, 0, 15],
  [20, 0, 0, 20],
  [40, 0, 0, 20],
  [30, 5, 10, 15],
  [45, 0, 15, 30],
  [10, 0, 0, 15],
  [35, 0, 0, 15],
])(
  'appointments of %i minutes with the buffers %i and %i are offered every %4$i minutes',
  (duration, before, after, step) => {
    expect(slotStep({ duration_min: duration, buffer_before_min: before, buffer_after_min: after })).toBe(step)
  },
)

test('an unknown service has the shortest interval', () => {
  expect(slotStep(undefined)).toBe(15)
})
