import { contactOf, owner } from './support/api'
import { expect, inspect, prepare, test, VIEWS } from './support/fixtures'

const DANA = '+972509876543'

test('a contact who opts out by a word: the conversation and the contact say so, and it can be ended', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await ownDaemon.receive('כמה עולה תספורת?', DANA, 'דנה כהן')
  await ownDaemon.receive('הסר אותי', DANA, 'דנה כהן')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, DANA)
  await prepare(page, VIEWS[0])
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  const closed = page.locator('.route.closed')
  await expect(closed).toContainText('הסר אותי')
  await expect(page.locator('.write textarea')).toHaveCount(0)
  await inspect(page, 'opted-out-conversation', VIEWS[0])

  await page.goto(`${ownDaemon.url}/app/contacts/${id}`)
  const choice = page.getByRole('switch', { name: 'לא לשלוח הודעות' })
  await expect(choice).toBeChecked()
  await expect(page.locator('main')).toContainText('הסר אותי')
  // The switch changes before the change is saved.
  const saved = page.waitForResponse(response => response.url().endsWith('/opt-out'))
  await choice.click()
  expect((await saved).ok()).toBe(true)
  await expect(choice).not.toBeChecked()
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  await expect(page.locator('.write textarea')).toBeVisible()
})
