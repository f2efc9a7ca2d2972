import { contactOf, owner } from './support/api'
import { expect, prepare, test, VIEWS } from './support/fixtures'

const DANA = '+972509876543'

test('a task is done on the card of its contact after the list of tasks was open', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  await ownDaemon.receive('שלום', DANA)
  const api = await owner(page, ownDaemon)
  const dana = await contactOf(api, DANA)
  await api.send('PATCH', `/api/contacts/${dana.id}`, { display_name: 'דנה כהן' })
  await api.send('POST', '/api/tasks', { title: 'לחזור עם מחיר', contact_id: dana.id })
  await page.goto(`${ownDaemon.url}/app/tasks`)
  await expect(page.locator('.task')).toHaveCount(1)
  // Without a reload: the list of tasks stays cached, as pages.
  await page.locator('.rail').getByRole('link', { name: 'לקוחות' }).click()
  await page.getByRole('link', { name: 'דנה כהן' }).first().click()
  await page.getByRole('checkbox', { name: 'לחזור עם מחיר, סימון כבוצעה' }).click()
  await expect(page.locator('.toast')).toContainText('המשימה בוצעה')
  await expect(page.locator('.task')).toHaveCount(0)
  await page.locator('.rail').getByRole('link', { name: 'משימות' }).click()
  await expect(page.locator('.task')).toHaveCount(0)
  await page.locator('.toast').getByRole('button', { name: 'ביטול' }).click()
  await expect(page.locator('.task')).toHaveCount(1)
})

test('a word has the translation of its own feature: «ביטול» is to undo in a toast, whatever page is open', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[2])
  await ownDaemon.start()
  const api = await owner(page, ownDaemon)
  await api.send('POST', '/api/tasks', { title: 'call Dana' })
  await page.goto(`${ownDaemon.url}/app/tasks`)
  await page.getByRole('checkbox', { name: 'call Dana' }).click()
  await page.locator('.toast').getByRole('button', { name: 'Undo', exact: true }).click()
  await expect(page.locator('.task')).toHaveCount(1)
})
