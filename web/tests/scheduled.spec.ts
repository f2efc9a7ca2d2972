import type { Page } from '@playwright/test'
import { contactOf, type Owner, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspect, long, prepare, test, VIEWS } from './support/fixtures'

const DANA = '+972509876543'

interface Scheduled {
  id: number
  text: string
}

interface Shop extends Owner {
  scheduled: Scheduled
  path: string
}

/** Opens the conversation with a contact to whom a message is scheduled, by default for tomorrow. */
async function opened(page: Page, daemon: Daemon, inMs = 24 * 3_600_000): Promise<Shop> {
  await daemon.start()
  await daemon.receive('שלום', DANA, 'דנה כהן')
  const api = await owner(page, daemon)
  const { id } = await contactOf(api, DANA)
  const { threads } = await api.get<{ threads: { id: number }[] }>(`/api/contacts/${id}`)
  const body = { thread_id: threads[0]?.id, text: 'נתראה מחר', send_at: new Date(Date.now() + inMs).toISOString() }
  const scheduled = await api.send<Scheduled>('POST', '/api/scheduled-messages', body)
  await prepare(page, VIEWS[0])
  await page.goto(`${daemon.url}/app/inbox/${id}`)
  return { ...api, scheduled, path: `/api/scheduled-messages/${scheduled.id}` }
}

const rows = (page: Page) => page.locator('.scheduled li')
const field = (page: Page) => page.getByRole('textbox', { name: 'ההודעה המתוזמנת' })
const edit = (page: Page) => rows(page).getByRole('button', { name: 'עריכה', exact: true }).click()

test('a scheduled message that two change: the second is shown both texts, and decides', async ({
  page,
  ownDaemon,
}) => {
  const { send, get, path } = await opened(page, ownDaemon)
  const textOf = async () => (await get<Scheduled>(path)).text
  await edit(page)
  await field(page).fill('נתראה מחר בעשר')
  // The page fetches the message again after the change, which must not become the base of the edit.
  const fetched = page.waitForResponse(answer => answer.url().endsWith(path) && answer.request().method() === 'GET')
  await send('PATCH', path, { text: 'נתראה ביום חמישי' })
  await fetched
  await expect(field(page)).toHaveValue('נתראה מחר בעשר')
  await rows(page).getByRole('button', { name: 'שמירה' }).click()
  const conflict = page.getByRole('alert')
  await expect(conflict).toContainText('נתראה ביום חמישי')
  expect(await textOf()).toBe('נתראה ביום חמישי')
  await inspect(page, 'scheduled-overtaken', VIEWS[0])
  await conflict.getByRole('button', { name: 'לשמור את שלי' }).click()
  await expect(rows(page)).toContainText('נתראה מחר בעשר')
  expect(await textOf()).toBe('נתראה מחר בעשר')
  // The undo restores the text of the other user.
  await page.locator('.toast').getByRole('button', { name: 'ביטול' }).click()
  await expect(rows(page)).toContainText('נתראה ביום חמישי')
})

test(
  'a text that was typed for a scheduled message is kept when the message is sent or cancelled',
  long,
  async ({ page, ownDaemon }) => {
    const { send, path } = await opened(page, ownDaemon, 15_000)
    const composer = page.locator('.write textarea')
    await edit(page)
    await field(page).fill('נתראה מחר בעשר')
    // Its time comes while the form is open.
    await expect(page.locator('.toast.error')).toContainText('ההודעה כבר נשלחה; הנוסח החדש שלכם כאן', {
      timeout: 40_000,
    })
    await expect(composer).toHaveValue('נתראה מחר בעשר')
    await expect(composer).toBeFocused()
    await expect(rows(page)).toHaveCount(0)

    const { thread_id } = await send<{ thread_id: number }>('GET', path)
    const later = { thread_id, text: 'אולי', send_at: new Date(Date.now() + 3_600_000).toISOString() }
    const { id } = await send<Scheduled>('POST', '/api/scheduled-messages', later)
    await composer.fill('')
    await edit(page)
    await field(page).fill('בטוח')
    await send('DELETE', `/api/scheduled-messages/${id}`)
    await expect(page.locator('.toast.error').last()).toContainText('ההודעה בוטלה בינתיים')
    await expect(composer).toHaveValue('בטוח')
  },
)

test(
  'the undo of a cancelled message whose time has passed brings its text back to the composer',
  long,
  async ({ page, ownDaemon }) => {
    const { get } = await opened(page, ownDaemon, 12_000)
    await rows(page).getByRole('button', { name: 'ביטול' }).click()
    const undo = page.locator('.toast').getByRole('button', { name: 'להחזיר' })
    // The pointer keeps the toast on the screen.
    await undo.hover()
    await page.waitForTimeout(13_000)
    await undo.click()
    await expect(page.locator('.toast.error')).toContainText('השעה כבר עברה')
    await expect(page.locator('.write textarea')).toHaveValue('נתראה מחר')
    expect((await get<{ items: unknown[] }>('/api/scheduled-messages?state=waiting')).items).toEqual([])
  },
)
