import { expect, test } from 'vitest'
import { requestKeys } from './request-key'

test('the same request has the same key, and another form or body has another one', () => {
  const keyOf = requestKeys()
  const first = keyOf({ contact_id: 1, note: 'a' })
  expect(first).toMatch(/^[0-9a-f]{32}$/)
  expect(keyOf({ contact_id: 1, note: 'a' })).toBe(first)
  expect(requestKeys()({ contact_id: 1, note: 'a' })).not.toBe(first)
  expect(keyOf({ contact_id: 1, note: 'b' })).not.toBe(first)
})
