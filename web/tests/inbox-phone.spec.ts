import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspect, logIn, prepare, test, VIEWS } from './support/fixtures'

const PHONE = VIEWS[1]
const NUMBER = '+972541234567'

/** Opens the conversation with the only contact, on a phone. */
async function openThread(page: Page, daemon: Daemon): Promise<void> {
  await daemon.receive('בוקר טוב')
  const api = await owner(page, daemon)
  const { id } = await contactOf(api, NUMBER)
  await prepare(page, PHONE)
  await page.goto(`${daemon.url}/app/inbox/${id}`)
  await expect(page.locator('.trow .msg').first()).toBeVisible()
}

/** Returns true if a press at the centre of the element reaches it. */
const isReachable = (page: Page, selector: string) =>
  page.locator(selector).evaluate(element => {
    const { x, y, width, height } = element.getBoundingClientRect()
    return element.contains(document.elementFromPoint(x + width / 2, y + height / 2))
  })

test('the strip of a live call stands above the conversation and covers nothing of it', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await logIn(page, ownDaemon)
  const call = { id: 5, state: 'live', peer_number: NUMBER, started_at: new Date().toISOString() }
  await page.route('**/api/calls?*', route => route.fulfill({ json: { calls: [call], next_cursor: null } }))
  await openThread(page, ownDaemon)
  await expect(page.locator('.strip.call')).toBeVisible()
  for (const part of ['.back', '.conv .head a[href^="tel:"]', '.write textarea', '.strip.call a']) {
    expect(await isReachable(page, part), part).toBe(true)
  }
  const field = await page.locator('.dock').boundingBox()
  expect(Math.round((field?.y ?? 0) + (field?.height ?? 0))).toBe(844)
  await inspect(page, 'thread-strip', PHONE)
  await page.locator('.back').click()
  await expect(page.locator('.pane.list')).toBeVisible()
})

test('a toast stands above the composer and what is attached in it', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await logIn(page, ownDaemon)
  await openThread(page, ownDaemon)
  await page.locator('.dock input[type=file]').setInputFiles({
    name: 'מחירון.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('x'),
  })
  await expect(page.locator('.dock .file-name')).toBeVisible()
  // The attachment stays while another conversation or the list is open.
  await page.locator('.back').click()
  await page.locator('.pane.list a[href^="/app/inbox/"]').first().click()
  await expect(page.locator('.dock .file-name')).toBeVisible()
  await page.locator('.conv .head').getByRole('button', { name: 'עוד פעולות' }).click()
  await page.getByRole('menuitem', { name: 'משימה חדשה' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('מה צריך לעשות').fill('להכין מחירון')
  await dialog.getByRole('button', { name: 'הוספת המשימה' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(page.locator('.toast')).toBeVisible()
  const bottom = () =>
    page.locator('.toast').evaluate(toast => {
      const dock = document.querySelector('.dock')?.getBoundingClientRect().top ?? 0
      return dock - toast.getBoundingClientRect().bottom
    })
  await expect.poll(bottom).toBeGreaterThan(0)
  await inspect(page, 'thread-toast', PHONE)
})
