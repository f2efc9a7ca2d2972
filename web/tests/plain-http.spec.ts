import type { Page } from '@playwright/test'
import { OWNER } from './support/daemon'
import { expect, inspect, layouts, long, prepare, test, watch } from './support/fixtures'

const FROM = '+972527614408'

for (const view of layouts('phone')) {
  // A browser offers no microphone, clipboard, service worker or `crypto.randomUUID` on such an address.
  test(
    `an owner works over plain http in the local network, ${view.language} ${view.width}`,
    long,
    async ({ page, ownDaemon }) => {
      await ownDaemon.start()
      const address = ownDaemon.url.replace('127.0.0.1', 'shop.test')
      await prepare(page, view)
      await page.goto(`${address}/app/inbox`)
      expect(await page.evaluate(() => isSecureContext)).toBe(false)
      await page.locator('[autocomplete=username]').fill(OWNER.name)
      await page.locator('[autocomplete=current-password]').fill(OWNER.password)
      await page.keyboard.press('Enter')
      await expect(page).toHaveURL(/\/app\/inbox/)

      // Events arrive in all tabs, which have one stream together.
      const second = await page.context().newPage()
      const errors = watch(second)
      await prepare(second, view)
      await second.goto(`${address}/app/inbox`)
      const thread = (tab: Page) => tab.locator('.thread', { hasText: 'בוקר טוב' })
      await expect(second.locator('h1')).toHaveCount(1)
      await ownDaemon.receive('בוקר טוב', FROM)
      await expect(thread(page)).toBeVisible()
      await expect(thread(second)).toBeVisible()

      // A message is sent, which needs an idempotency key.
      const he = view.language === 'he'
      await thread(page).click()
      await page.locator('.write textarea').fill('מחר בעשר')
      await page.getByRole('button', { name: he ? 'שליחה' : 'Send', exact: true }).click()
      await thread(second).click()
      await expect(second.locator('.msg.us', { hasText: 'מחר בעשר' })).toBeVisible()
      await inspect(page, 'inbox-over-http', view)
      expect(errors).toEqual([])
      await second.close()

      // The trial call says what is missing.
      await page.goto(`${address}/app/try`)
      await expect(page.getByText(he ? 'חסר מפתח AI' : 'The AI key is missing').first()).toBeVisible()
      await inspect(page, 'trial-over-http', view)
    },
  )
}
