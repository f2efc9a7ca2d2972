import { contactOf, owner } from './support/api'
import { expect, inspect, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'

test('a browser that stores nothing, and has neither microphone nor notifications, shows the page and says why', async ({
  page,
  ownDaemon,
}) => {
  test.slow()
  await ownDaemon.start()
  await ownDaemon.receive('שלום', NOA, 'נועה ברק')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, NOA)
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  await page.addInitScript(() => {
    const refuse = () => {
      throw new DOMException('denied', 'SecurityError')
    }
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) {
      Object.defineProperty(window, name, { configurable: true, get: refuse })
    }
    Reflect.deleteProperty(window, 'Notification')
    Object.defineProperty(navigator, 'mediaDevices', { configurable: true, value: undefined })
  })
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  const field = page.locator('.write textarea')
  await field.fill('טיוטה')
  // What is typed lasts while the page is open: another page, and back.
  await page.locator('.rail a[href="/app/tasks"], .rail a[href="/app/today"]').first().click()
  await expect(field).toHaveCount(0)
  await page.goBack()
  await expect(field).toHaveValue('טיוטה')
  await field.press('Enter')
  await expect(page.locator('.trow .msg', { hasText: 'טיוטה' })).toBeVisible()
  await field.fill('')

  await page
    .locator('.write button[aria-label]')
    .filter({ has: page.locator('.tabler-icon-microphone') })
    .click()
  await expect(page.getByText(/מיקרופון|microphone/i).first()).toBeVisible()

  await page.goto(`${ownDaemon.url}/app/settings/notifications`)
  await expect(page.locator('main')).toContainText(/הדפדפן|browser/i)
  const isHebrew = (await page.locator('html').getAttribute('lang')) === 'he'
  await inspect(page, 'notifications-missing', isHebrew ? VIEWS[0] : VIEWS[2])
})
