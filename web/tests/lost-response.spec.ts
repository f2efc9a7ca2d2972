import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import { expect, prepare, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'

/** The daemon gets the next POST to this path, and its response is lost. */
async function loseResponse(page: Page, path: string): Promise<void> {
  await page.route(
    url => url.pathname === path,
    async (route, request) => {
      if (request.method() !== 'POST') return route.fallback()
      await route.fetch()
      await route.abort()
    },
    { times: 1 },
  )
}

test('after a lost response, a booking at another hour moves the appointment', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום', NOA, 'נועה ברק')
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, NOA)
  await api.send('POST', '/api/services', { name: 'תספורת', duration_min: 30 })
  const appointments = async () => {
    const from = new Date().toISOString()
    const to = new Date(Date.now() + 40 * 86_400_000).toISOString()
    const { items } = await api.get<{ items: { id: number; starts_at: string; state: string }[] }>(
      `/api/appointments?from=${from}&to=${to}`,
    )
    return items
  }
  await page.goto(`${ownDaemon.url}/calendar?new=1&contact=${id}`)
  const dialog = page.getByRole('dialog')
  const hours = dialog.getByRole('button', { name: /^\d+:\d\d$/ })
  const book = dialog.getByRole('button', { name: /^לקבוע ל/ })
  await hours.nth(0).click()
  await loseResponse(page, '/api/appointments')
  await book.click()
  const failure = page.locator('.toast.error')
  await expect(failure).toContainText('לא ידוע אם התור נקבע')
  await expect(failure).not.toContainText('התור לא נקבע')
  const [first] = await appointments()
  expect(first).toBeDefined()

  await hours.nth(4).click()
  await book.click()
  await expect(page.locator('.toast.done')).toContainText('כבר היה קבוע, והוא הוזז ל')
  await expect(failure).toHaveCount(0)
  const after = await appointments()
  expect(after.map(({ id }) => id)).toEqual([first?.id])
  expect(after[0]?.starts_at).not.toBe(first?.starts_at)
})

test('after a lost response, a task is added once, and another one shows the first', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const { get } = await owner(page, ownDaemon)
  const titles = async () =>
    (await get<{ items: { title: string }[] }>('/api/tasks?limit=50')).items.map(({ title }) => title).sort()
  await page.goto(`${ownDaemon.url}/app/tasks`)
  const field = page.getByRole('textbox', { name: 'משימה חדשה' })
  const failure = page.locator('.toast.error')
  await field.fill('להזמין צבע')
  await loseResponse(page, '/api/tasks')
  await field.press('Enter')
  await expect(failure).toContainText('לא ידוע אם המשימה נוספה')
  await field.press('Enter')
  await expect(field).toHaveValue('')
  await expect(failure).toHaveCount(0)
  expect(await titles()).toEqual(['להזמין צבע'])

  await field.fill('להזמין שמפו')
  await loseResponse(page, '/api/tasks')
  await field.press('Enter')
  await expect(failure).toContainText('לא ידוע אם המשימה נוספה')
  await field.fill('לשלם חשבון')
  await field.press('Enter')
  await expect(page.locator('.toast', { hasText: 'גם המשימה הקודמת נוספה: ' })).toContainText('להזמין שמפו')
  await expect(failure).toHaveCount(0)
  expect(await titles()).toEqual(['להזמין צבע', 'להזמין שמפו', 'לשלם חשבון'])
})
