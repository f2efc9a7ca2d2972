import { expect, test } from 'vitest'
import type { Schemas } from '#shared/api/client'
import { askEveryMs } from './states'

const link = (more: Partial<Schemas['BridgeStatus']>) =>
  ({ enabled: true, reachable: true, connected: false, state: 'pairing', ...more }) as Schemas['BridgeStatus']

test('the link is polled only while it can change without an event', () => {
  expect(askEveryMs(undefined)).toBeGreaterThan(0)
  expect(askEveryMs(link({}))).toBeGreaterThan(0)
  expect(askEveryMs(link({ reachable: false, state: 'unreachable' }))).toBeGreaterThan(0)
  expect(askEveryMs(link({ connected: true, state: 'connected' }))).toBe(false)
  expect(askEveryMs(link({ enabled: false, state: 'disabled' }))).toBe(false)
})
