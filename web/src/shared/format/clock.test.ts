import { afterEach, expect, test, vi } from 'vitest'
import { compareClocks, fromDevice, hasPassed, serverNow } from './clock'

const NOON = Date.parse('2026-11-20T12:00:00Z')
const header = (ms: number) => new Date(ms).toUTCString()

afterEach(() => {
  compareClocks(header(Date.now()), Date.now())
  vi.useRealTimers()
})

test('times follow the clock of the daemon, not that of the device', () => {
  // The device is ten minutes fast.
  vi.useFakeTimers({ now: NOON + 600_000 })
  compareClocks(header(NOON), Date.now())
  expect(serverNow().getTime()).toBe(NOON)
  expect(fromDevice(NOON + 540_000).getTime()).toBe(NOON - 60_000)
  // The user sets the clock right.
  vi.setSystemTime(NOON)
  compareClocks(header(NOON), Date.now())
  expect(serverNow().getTime()).toBe(NOON)
})

test('a slow response is no other clock, and a response without the header changes nothing', () => {
  vi.useFakeTimers({ now: NOON })
  compareClocks(header(NOON - 4_000), NOON - 6_000)
  compareClocks(null, NOON)
  expect(serverNow().getTime()).toBe(NOON)
})

test('a time has passed only when it has passed on the daemon, too', () => {
  // The device is 4 s fast, which is ignored.
  vi.useFakeTimers({ now: NOON + 4_000 })
  compareClocks(header(NOON), Date.now())
  const soon = new Date(NOON + 2_000).toISOString()
  expect(hasPassed(soon, serverNow())).toBe(false)
  vi.setSystemTime(NOON + 2_000 + 5_001)
  expect(hasPassed(soon, serverNow())).toBe(true)
})
