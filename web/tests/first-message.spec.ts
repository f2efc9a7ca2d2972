import { contactOf, missCall, owner } from './support/api'
import { expect, inspect, layouts, logIn, long, prepare, test, VIEWS } from './support/fixtures'

const CALLER = '+972543187720'

for (const view of layouts('phone')) {
  const he = view.language === 'he'
  test(
    `a missed caller is written to as any contact, ${view.language} ${view.width}`,
    long,
    async ({ page, browser, ownDaemon }) => {
      test.slow()
      await ownDaemon.start()
      await prepare(page, view)
      const api = await owner(page, ownDaemon)
      await missCall(api, ownDaemon, CALLER)
      const { id } = await contactOf(api, CALLER)
      await page.goto(`${ownDaemon.url}/app/inbox/${id}`)

      // The route is shown before the first message.
      await expect(page.locator('.route .pick')).toContainText('WhatsApp')
      const field = page.locator('.write textarea')
      await field.fill('ראיתי שהתקשרת')
      await inspect(page, 'first-message', view)

      // Another device of the same user shows the draft, in the list and in the composer.
      const context = await browser.newContext()
      const other = await context.newPage()
      await prepare(other, VIEWS[0])
      await logIn(other, ownDaemon)
      await other.goto(`${ownDaemon.url}/app/inbox`)
      const row = other.locator('.thread')
      await expect(row).toHaveCount(1)
      await expect(row).toContainText('ראיתי שהתקשרת')
      await row.click()
      await expect(other.locator('.write textarea')).toHaveValue('ראיתי שהתקשרת')
      await context.close()

      // The message is sent later. The empty thread was opened once.
      await page.getByRole('button', { name: he ? 'שליחה מאוחר יותר' : 'Send later' }).click()
      await page.getByRole('menuitem').nth(-2).click()
      await expect(page.locator('.scheduled li')).toContainText('ראיתי שהתקשרת')
      await expect(field).toHaveValue('')
      const { threads } = await api.get<{ threads: { type: string }[] }>(`/api/contacts/${id}`)
      expect(threads.map(({ type }) => type).sort()).toEqual(['call', 'whatsapp'])
      const { items } = await api.get<{ items: { action: string }[] }>('/api/audit')
      expect(items.filter(({ action }) => action === 'open_thread')).toHaveLength(1)
    },
  )
}

test('a thread that could not be opened is opened with another try', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  const { id } = await api.send<{ id: number }>('POST', '/api/contacts', { display_name: 'נועה', number: CALLER })
  let isFailing = true
  await page.route('**/api/threads', route => (isFailing ? route.abort() : route.continue()))
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  const alert = page.locator('.dock').getByRole('alert')
  await expect(alert).toBeVisible()
  isFailing = false
  await alert.getByRole('button', { name: 'לנסות שוב' }).click()
  await expect(page.locator('.write textarea')).toBeVisible()
  // Nothing was written, so the list has no row.
  await expect(page.locator('.thread')).toHaveCount(0)
})
