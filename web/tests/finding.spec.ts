import { contactOf, owner } from './support/api'
import { expect, inspect, layouts, long, prepare, test, VIEWS } from './support/fixtures'

const NUMBER = '+972541234567'

for (const view of layouts('phone')) {
  test(
    `an unknown caller gets a name, and the bridge's outage is said, ${view.language} ${view.width}`,
    long,
    async ({ page, ownDaemon }) => {
      await ownDaemon.start()
      await ownDaemon.receive('חזרו אליי ל +972 54-111-2233')
      const api = await owner(page, ownDaemon)
      const { id } = await contactOf(api, NUMBER)
      await prepare(page, view)
      await page.route('**/api/whatsapp/bridge', async route => {
        const json = { enabled: true, reachable: false, connected: false, state: 'unreachable', waiting: {} }
        await route.fulfill({ json })
      })
      await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
      await expect(page.locator('.bub a[href="tel:+972541112233"] bdi[dir=ltr]')).toHaveText('+972 54-111-2233')
      await expect(page.locator('.route .warn')).toContainText('WhatsApp')
      await expect(page.locator('.route a')).toHaveAttribute('href', '/app/whatsapp')
      await page.locator('.write textarea').fill('שלום')
      await page.locator('.write .btn.pen').click()
      await expect(page.locator('.msg.us .ticks')).toContainText('WhatsApp', { timeout: 15_000 })
      await inspect(page, 'thread-bridge-down', view)
      await page.locator('.conv .head .link-in-text').click()
      await page.getByRole('dialog').getByRole('textbox').fill('מיכל')
      await page.getByRole('dialog').locator('.btn.pen').click()
      await expect(page.locator('.conv .head h2')).toHaveText('מיכל')
      await expect(page.locator('.conv .head .link-in-text')).toHaveCount(0)
    },
  )
}

for (const view of [VIEWS[0], VIEWS[2]]) {
  test(`the question mark lists the shortcuts, ${view.language}`, async ({ page, daemon }) => {
    await prepare(page, view)
    await owner(page, daemon)
    await page.goto(`${daemon.url}/app/account`)
    await expect(page.locator('h1')).toBeVisible()
    await page.keyboard.press('Shift+Slash')
    const rows = page.getByRole('dialog').getByRole('listitem')
    await expect(rows.filter({ hasText: 'GI' })).toHaveCount(1)
    await expect(rows.filter({ hasText: /E$/ })).toHaveCount(1)
    await inspect(page, 'shortcuts', view)
    await page.goBack()
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expect(page).toHaveURL(/\/app\/account$/)
    await page.keyboard.press('Shift+Slash')
    await expect(rows.first()).toBeVisible()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Slash')
    await expect(page.getByRole('combobox')).toBeFocused()
  })
}

test('a long name is whole on its card, and a number stands once in the palette', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, NUMBER)
  await prepare(page, VIEWS[1])
  await page.goto(`${ownDaemon.url}/app/contacts/${id}`)
  await expect(page.locator('h1')).toBeVisible()
  await page.keyboard.press('Control+KeyK')
  await page.getByRole('dialog').getByRole('combobox').fill('054123')
  await expect(page.getByRole('dialog').getByRole('option').first()).toHaveText(/054-123-4567/)
  expect((await page.getByRole('dialog').getByRole('option').first().textContent())?.match(/054/g)).toHaveLength(1)
  await page.keyboard.press('Escape')
  await api.send('PATCH', `/api/contacts/${id}`, { display_name: 'מרגלית '.repeat(27).trim() })
  await expect(page.locator('h1')).toContainText('מרגלית')
  const hidden = await page.locator('h1').evaluate(name => name.scrollHeight - name.clientHeight)
  expect(hidden).toBeLessThanOrEqual(1)
  await inspect(page, 'contact-long-name', VIEWS[1])
})
