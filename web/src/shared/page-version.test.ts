import { expect, test, vi } from 'vitest'

vi.stubGlobal('document', { querySelector: () => ({ content: 'own' }) })
const { hasNewVersion } = await import('./page-version')

const answer = (status: number, version?: string) =>
  vi.stubGlobal(
    'fetch',
    async () => new Response(null, { status, headers: version ? { 'X-Page-Version': version } : {} }),
  )

test('the daemon serves the running build, or another one', async () => {
  answer(200, 'own')
  expect(await hasNewVersion()).toBe(false)
  answer(200, 'newer')
  expect(await hasNewVersion()).toBe(true)
  answer(200)
  expect(await hasNewVersion()).toBe(false)
})

test("a proxy's error is no answer of the daemon", async () => {
  answer(502)
  expect(await hasNewVersion()).toBeUndefined()
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
  expect(await hasNewVersion()).toBeUndefined()
})
