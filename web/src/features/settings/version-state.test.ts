import { expect, test } from 'vitest'
import { type Updates, versionStates } from './version-state'

const NOW = Date.parse('2026-12-01T08:00:00Z')
const release = (version: string) => ({ version, date: null, notes_url: null, urgent: false })
const base: Updates = {
  check: 'weekly',
  installed: '1.2.0',
  newest: release('1.2.0'),
  is_newer: false,
  checked_at: '2026-11-28T08:00:00Z',
  failed: false,
}

test.each<[string, Partial<Updates>, string[]]>([
  ['up to date', {}, ['newest']],
  ['a newer one', { newest: release('1.3.0'), is_newer: true }, []],
  ['installed by hand', { installed: '1.4.0' }, ['ahead']],
  ['never checked', { newest: null, checked_at: null }, ['never']],
  ['no check has succeeded', { newest: null, failed: true }, ['failed']],
  ['only the last check has failed', { failed: true }, ['newest', 'retry']],
  ['the machine was off for a month', { checked_at: '2026-11-01T08:00:00Z' }, ['newest', 'old']],
  [
    'a newer one, a month ago',
    { newest: release('1.3.0'), is_newer: true, checked_at: '2026-11-01T08:00:00Z' },
    ['old'],
  ],
  ['off, never checked', { check: 'off', newest: null, checked_at: null }, ['off']],
  ['off, checked before', { check: 'off' }, ['newest', 'off']],
  ['off after a failure', { check: 'off', newest: null }, ['off', 'failed']],
])('%s', (_, change, states) => {
  expect(versionStates({ ...base, ...change }, NOW)).toEqual(states)
})
