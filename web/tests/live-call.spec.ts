import { expect, inspectAll, logIn, long, prepare, show, test, VIEWS } from './support/fixtures'

test('the strip of a live call', long, async ({ page, daemon }) => {
  test.slow()
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  const call = {
    id: 5,
    state: 'live',
    contact_name: '',
    peer_number: '+972541234567',
    started_at: new Date(Date.now() - 42_000).toISOString(),
  }
  const ended = { ...call, id: 4, state: 'ended' }
  await page.route('**/api/calls?*', route => route.fulfill({ json: { calls: [ended, call], next_cursor: null } }))
  await page.goto(`${daemon.url}/app/account`)
  const strip = page.locator('.strip.call')
  await expect(strip).toContainText('054-123-4567')
  await expect(strip).toContainText(/0:4\d/)
  await expect(strip.getByRole('link')).toHaveAttribute('href', '/app/calls/5')
  await inspectAll(page, 'live-call')

  // For a known caller, the name comes first, isolated (bidi), then the number.
  call.contact_name = 'Dana כהן'
  await page.reload()
  await expect(strip.locator('bdi').first()).toHaveText('Dana כהן')
  await expect(strip).toContainText('054-123-4567')
  await inspectAll(page, 'live-call-name')
  Object.assign(call, { contact_name: '', peer_number: 'anonymous' })
  await page.reload()
  for (const view of VIEWS) {
    await show(page, view)
    await expect(strip).toContainText(view.language === 'he' ? 'מספר חסוי' : 'Withheld number')
  }
})

test('a real call appears at once and goes when it ends', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/problems`)
  await expect(page.locator('h1')).toBeVisible()
  const call = ownDaemon.call(['--script', 'say 3s'])
  await expect(page.locator('.strip.call')).toBeVisible()
  await call.catch(() => undefined)
  await expect(page.locator('.strip.call')).toHaveCount(0, { timeout: 20_000 })
})

test('narrow and middle widths do not overflow', async ({ page, daemon }) => {
  await logIn(page, daemon)
  for (const width of [320, 768, 1024]) {
    await page.setViewportSize({ width, height: 800 })
    for (const name of ['account', 'problems', 'more']) {
      await page.goto(`${daemon.url}/app/${name}`)
      await expect(page.locator('h1')).toBeVisible()
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      expect(over, `${name} at ${width}`).toBeLessThanOrEqual(0)
    }
  }
})
