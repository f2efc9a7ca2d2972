import { contactOf, owner } from './support/api'
import { expect, inspect, LAYOUTS, long, prepare, test } from './support/fixtures'

const DANA = '+972509876543'

test('an open conversation closes when its contact is erased, and sends nothing', long, async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום, זאת דנה', DANA, 'דנה כהן')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, DANA)
  await api.send('POST', `/api/contacts/${id}/notes`, { text: 'אוהבת תה' })
  await prepare(page, LAYOUTS.desktop)
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  const field = page.locator('.write textarea')
  await expect(page.getByText('אוהבת תה').first()).toBeVisible()
  // The message is held for three seconds, in which the contact is erased.
  await field.fill('נשמח לראותך')
  await field.press('Enter')
  await field.fill('ועוד משהו')
  await api.send('POST', `/api/contacts/${id}/erase`, { confirm: 'דנה כהן' })
  const main = page.getByRole('main')
  await expect(main.getByRole('alert')).toContainText('ייתכן שהלקוח נמחק')
  await expect(field).toHaveCount(0)
  await expect(main).not.toContainText('דנה')
  await expect(main).not.toContainText('אוהבת תה')
  await inspect(page, 'conversation-erased', LAYOUTS.desktop)
  // Longer than the message is held.
  await page.waitForTimeout(4_000)
  expect((await api.get<{ items: unknown[] }>('/api/contacts')).items).toEqual([])
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toMatch(/נשמח|ועוד משהו/)
})
