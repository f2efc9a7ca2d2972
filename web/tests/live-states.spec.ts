import type { Page } from '@playwright/test'
import type { Daemon } from './support/daemon'
import { expect, inspect, LAYOUTS, logIn, prepare, test } from './support/fixtures'

const CALL = {
  id: 5,
  state: 'live',
  engine: 'realtime',
  direction: 'in',
  transferring: false,
  contact_id: 1,
  contact_name: 'דנה כהן',
  peer_number: '+972509876543',
  started_at: new Date(Date.now() - 42_000).toISOString(),
  turns: [] as object[],
  bookings: [],
  recordings: [],
}

/** Answers the requests for the live call with `call`, which the test may change before it reloads the page. */
async function fake(page: Page, daemon: Daemon): Promise<typeof CALL> {
  const call = { ...CALL }
  await prepare(page, LAYOUTS.phone)
  await logIn(page, daemon)
  await page.route('**/api/calls?*', route => route.fulfill({ json: { calls: [call], next_cursor: null } }))
  await page.route('**/api/calls/5', route => route.fulfill({ json: call }))
  return call
}

const listen = (page: Page) => page.getByRole('button', { name: 'Listen', exact: true })

test('an outgoing call that only rings is not on the line yet', async ({ page, daemon }) => {
  const call = await fake(page, daemon)
  Object.assign(call, { state: 'ringing', direction: 'out' })
  await page.goto(`${daemon.url}/app/account`)
  const strip = page.locator('.strip.call')
  await expect(strip).toContainText('Calling דנה כהן')
  await expect(strip).not.toContainText(/0:\d\d/)
  await expect(listen(page)).toHaveCount(0)
  await inspect(page, 'strip-calling', LAYOUTS.phone)
  Object.assign(call, { state: 'live' })
  await page.reload()
  await expect(strip).toContainText(/0:\d\d/)
  await expect(listen(page)).toBeVisible()
})

test('a message at the recorder of Twilio offers no listening and promises no words', async ({ page, daemon }) => {
  const call = await fake(page, daemon)
  Object.assign(call, { state: 'fallback', engine: null })
  await page.goto(`${daemon.url}/app/calls/5`)
  await expect(page.locator('.who-talks')).toContainText('leaving a message')
  await expect(page.getByRole('log')).toContainText('Twilio records the message')
  await expect(listen(page)).toHaveCount(0)
  await inspect(page, 'call-fallback', LAYOUTS.phone)
})

test('a call whose transfer rings can only be ended', async ({ page, daemon }) => {
  const call = await fake(page, daemon)
  Object.assign(call, { transferring: true })
  await page.goto(`${daemon.url}/app/calls/5`)
  await expect(page.locator('.who-talks')).toContainText('Your phone is ringing')
  await expect(page.locator('.live-acts').getByRole('button')).toHaveText(['End the call'])
  await expect(page.locator('.whisper')).toHaveCount(0)
  await inspect(page, 'call-transferring', LAYOUTS.phone)
  // The owner has accepted the transfer.
  Object.assign(call, { transferring: false, state: 'transferred' })
  await page.reload()
  await expect(page.locator('.who-talks')).toContainText('Passed to you')
  await expect(listen(page)).toHaveCount(0)
})
