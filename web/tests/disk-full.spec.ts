import { owner } from './support/api'
import { expect, inspect, prepare, test, VIEWS } from './support/fixtures'

test('a full disk is said above every page until there is space again, and a refused change says why', async ({
  page,
  ownDaemon,
}) => {
  test.slow()
  await ownDaemon.start()
  const { send } = await owner(page, ownDaemon)
  // Makes alerts clear immediately, instead of after two minutes.
  await send('PATCH', '/api/settings', { changes: { 'alerts.settle_s': 0 } })
  await ownDaemon.stop()
  await ownDaemon.start()
  await prepare(page, VIEWS[1])
  await page.goto(`${ownDaemon.url}/app/tasks`)
  const strip = page.locator('.strip', { hasText: 'דיסק' })
  await expect(page.locator('main h1')).toBeVisible()
  await expect(strip).toHaveCount(0)
  const setLimit = (value: string) =>
    send('PATCH', '/api/settings', { changes: { 'disk.media_stops_below': value, 'disk.critical_below': value } })
  await setLimit('100 %')
  await expect(strip).toBeVisible({ timeout: 15_000 })
  await inspect(page, 'disk-full', VIEWS[1])
  await strip.getByRole('link').click()
  await expect(page.locator('.problem.bad').first()).toContainText('דיסק')
  await inspect(page, 'disk-full-problems', VIEWS[1])

  // The daemon's response when the database cannot be written.
  const error = { code: 'unavailable', message: 'the database cannot be written' }
  await page.route('**/api/tasks', route =>
    route.request().method() === 'POST' ? route.fulfill({ status: 503, json: { ok: false, error } }) : route.continue(),
  )
  await page.goto(`${ownDaemon.url}/app/tasks`)
  const field = page.locator('.new-task input, .new-task textarea').first()
  await field.fill('לאשר מחיר')
  await field.press('Enter')
  const toast = page.locator('.toast.error')
  await expect(toast).toContainText('ייתכן שהדיסק מלא')
  await page.unroute('**/api/tasks')
  await toast.getByRole('button', { name: 'לנסות שוב' }).click()
  await expect(page.locator('.task', { hasText: 'לאשר מחיר' })).toHaveCount(1)

  await setLimit('1 %')
  await expect(strip).toHaveCount(0, { timeout: 20_000 })
})
