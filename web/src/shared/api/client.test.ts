import { i18n } from '@lingui/core'
import { expect, test, vi } from 'vitest'
import { ifStill, renewSessionWith, setCsrfToken, unwrap, withSession } from './client'
import { ApiError, asApiError } from './errors'
import { problemText } from './problem-text'

/** Sends a request whose CSRF token the daemon refuses once. `renew` is what the page then learns of its session. */
async function timesSent(renew: () => void): Promise<number> {
  setCsrfToken(null)
  setCsrfToken('of roni')
  renewSessionWith(async () => {
    renew()
    return true
  })
  const send = vi
    .fn()
    .mockRejectedValueOnce(new ApiError(403, { code: 'csrf' }))
    .mockResolvedValue('stored')
  await withSession(send).catch(() => undefined)
  return send.mock.calls.length
}

test('a request is repeated with a newer session of its user', async () => {
  expect(await timesSent(() => setCsrfToken('of roni, newer'))).toBe(2)
})

test('a request of one user is not repeated with the session of the next one', async () => {
  const renew = () => {
    // An earlier request has renewed the session, so that it is already known as that of the next user.
    setCsrfToken(null)
    setCsrfToken('of gal')
  }
  expect(await timesSent(renew)).toBe(1)
})

test('a tag that a proxy has made weak is sent as the strong one, which alone matches', async () => {
  const headers = { ETag: 'W/"7"' }
  const item = await unwrap(Promise.resolve({ data: { id: 1 }, response: new Response(null, { headers }) }))
  expect(ifStill(item)).toEqual({ 'If-Match': '"7"' })
  const refused = { error: { error: { code: 'changed' } }, response: new Response(null, { status: 412, headers }) }
  await expect(unwrap(Promise.resolve(refused))).rejects.toMatchObject({ etag: '"7"' })
})

test('a read that the machine cannot answer does not say that nothing can be stored', async () => {
  i18n.loadAndActivate({ locale: 'he', messages: {} })
  const response = new Response(null, { status: 503 })
  const read = await unwrap(Promise.resolve({ error: { error: { code: 'unavailable' } }, response })).catch(asApiError)
  const change = new ApiError(503, { code: 'unavailable' })
  expect(read).toMatchObject({ isRead: true })
  expect(problemText(read as ApiError)).not.toBe(problemText(change))
})
