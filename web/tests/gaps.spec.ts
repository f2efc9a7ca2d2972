import type { Page } from '@playwright/test'
import { owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspectAll, logIn, prepare, test, VIEWS } from './support/fixtures'

/** Starts a daemon with two questions that its agent could not answer. */
async function fill(page: Page, daemon: Daemon) {
  await daemon.start()
  await daemon.stop()
  await daemon.database(database => {
    database.exec(`INSERT INTO knowledge_gaps(id, question, folded, times_asked, created_at, asked_at) VALUES
      (1, 'יש חניה לנכים?', 'יש חניה לנכים', 3, '2026-11-20T08:00:00.000Z', '2026-11-21T08:00:00.000Z'),
      (2, 'Do you sell gift cards?', 'do you sell gift cards', 1, '2026-11-20T08:00:00.000Z', '2026-11-20T08:00:00.000Z')`)
  })
  await daemon.start()
  await logIn(page, daemon)
  return owner(page, daemon)
}

test('questions without an answer', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/facts`)
  await expect(page.locator('form.edit-form')).toHaveCount(2)
  await inspectAll(page, 'settings-gaps')
})

test('an answer becomes a fact, and a question that needs none is removed with undo', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { get } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/facts`)
  const answer = page.getByLabel('יש חניה לנכים?')
  await answer.fill('כן, מול הכניסה')
  await answer.press('Enter')
  await expect(page.locator('.edit-row', { hasText: 'כן, מול הכניסה' })).toContainText('תשובה לשאלה')
  await expect(answer).toHaveCount(0)
  const facts = await get<{ items: { topic: string; source: string }[] }>('/api/facts')
  expect(facts.items).toMatchObject([{ topic: 'יש חניה לנכים?', source: 'answer' }])

  const cards = page.getByLabel('Do you sell gift cards?')
  await page.getByRole('button', { name: 'לא צריך תשובה' }).click()
  await expect(cards).toHaveCount(0)
  await page.locator('.toast').last().getByRole('button', { name: 'ביטול' }).click()
  await expect(cards).toHaveCount(1)
})

test('an answer that is being typed stays on the screen when another user removes its question', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  const { send } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/facts`)
  const answer = page.getByLabel('יש חניה לנכים?')
  await answer.fill('כן, מול הכניסה')
  for (const id of [1, 2]) await send('POST', `/api/knowledge-gaps/${id}/dismiss`)
  await expect(page.getByLabel('Do you sell gift cards?')).toHaveCount(0)
  await expect(page.getByRole('alert')).toContainText('מישהו הסיר את זה בינתיים')
  await expect(answer).toHaveValue('כן, מול הכניסה')
  await expect(page.getByRole('button', { name: 'שמירת התשובה' })).toBeDisabled()
  await page.getByRole('button', { name: 'ביטול', exact: true }).click()
  await expect(answer).toHaveCount(0)
})
