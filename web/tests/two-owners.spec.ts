import type { Browser, Page } from '@playwright/test'
import { contactOf, type Owner, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspect, prepare, test, VIEWS, watch } from './support/fixtures'

const DANA = '+972509876543'
const AVI = '+972523334455'
const GAL = { name: 'gal', password: 'another long 7 password' }
const field = (page: Page) => page.locator('.write textarea')

interface Two extends Owner {
  dana: number
  avi: number
  /** The page of the second owner, in a browser of their own. */
  other: Page
  errors: string[]
}

/** Two contacts, and two owners who work at the same time. */
async function fill(page: Page, browser: Browser, daemon: Daemon): Promise<Two> {
  await daemon.start()
  await daemon.cli(['user', 'add', GAL.name, '--role', 'owner'], GAL.password)
  await daemon.receive('שלום', DANA, 'דנה כהן')
  await daemon.receive('היי', AVI, 'אבי לוי')
  const api = await owner(page, daemon)
  const other = await (await browser.newContext()).newPage()
  const errors = watch(other)
  for (const one of [page, other]) await prepare(one, VIEWS[0])
  expect((await other.request.post(`${daemon.url}/api/login`, { data: GAL })).status()).toBe(200)
  const [dana, avi] = [await contactOf(api, DANA), await contactOf(api, AVI)]
  return { ...api, dana: dana.id, avi: avi.id, other, errors }
}

const both = (two: Page[], url: string) => Promise.all(two.map(page => page.goto(url)))

test('a field that both change: the second is shown both versions, and decides', async ({
  page,
  browser,
  ownDaemon,
}) => {
  const { dana, other, errors } = await fill(page, browser, ownDaemon)
  await both([page, other], `${ownDaemon.url}/app/contacts/${dana}`)
  const name = (one: Page) => one.getByRole('textbox', { name: 'שם', exact: true })
  for (const one of [page, other]) {
    await one.getByRole('button', { name: 'שינוי השם' }).click()
    await expect(name(one)).toBeFocused()
  }
  await name(page).fill('דנה של רוני')
  await page.keyboard.press('Enter')
  await expect(page.locator('h1')).toContainText('דנה של רוני')
  await name(other).fill('דנה של גל')
  await other.keyboard.press('Enter')
  await expect(other.getByRole('alert')).toContainText('דנה של רוני')
  await expect(name(other)).toHaveValue('דנה של גל')
  await other.getByRole('button', { name: 'לשמור את שלי' }).click()
  for (const one of [page, other]) await expect(one.locator('h1')).toContainText('דנה של גל')
  expect(errors).toEqual([])
  await other.context().close()
})

test('a setting that both change: the second is shown both values, and decides; others are not concerned', async ({
  page,
  browser,
  ownDaemon,
}) => {
  const { other, errors } = await fill(page, browser, ownDaemon)
  await both([page, other], `${ownDaemon.url}/app/settings/business`)
  const name = (one: Page) => one.getByRole('textbox', { name: 'שם העסק', exact: true })
  // The second owner is typing when the first one saves: the words stay.
  await name(other).fill('מספרת גל')
  await name(page).fill('מספרת רוני')
  await page.keyboard.press('Enter')
  await expect(page.locator('.saved')).toBeVisible()
  await expect(other.locator('.hist')).toContainText('מספרת רוני')
  await expect(name(other)).toHaveValue('מספרת גל')
  await name(other).press('Enter')
  const conflict = other.getByRole('alert')
  await expect(conflict).toContainText('מספרת רוני')
  await expect(conflict).toContainText('מספרת גל')
  await expect(conflict).toContainText('roni')
  await expect(name(other)).toHaveValue('מספרת רוני')
  await inspect(other, 'setting-overtaken', VIEWS[0])
  await conflict.getByRole('button', { name: 'לשמור את שלי' }).click()
  await expect(conflict).toHaveCount(0)
  for (const one of [page, other]) await expect(name(one)).toHaveValue('מספרת גל')

  // The first one takes the other's value; meanwhile another setting is saved without a question.
  await name(page).fill('מספרת רוני')
  await name(other).fill('מספרת גל ובנו')
  await name(other).press('Enter')
  await expect(page.locator('.hist')).toContainText('מספרת גל ובנו')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'להשאיר את של האחר' }).click()
  await expect(name(page)).toHaveValue('מספרת גל ובנו')
  expect(errors).toEqual([])
  await other.context().close()
})

test('a conversation that both have open: an answer is seen at once, in the thread and in the list', async ({
  page,
  browser,
  ownDaemon,
}) => {
  const { dana, other, errors } = await fill(page, browser, ownDaemon)
  await both([page, other], `${ownDaemon.url}/app/inbox/${dana}`)
  for (const one of [page, other]) await expect(one.locator('.thread.waits')).toHaveCount(2)
  await field(page).fill('כן, פתוח עד שבע')
  await field(page).press('Enter')
  await expect(other.locator('.trow .msg', { hasText: 'כן, פתוח עד שבע' })).toHaveCount(1, { timeout: 12_000 })
  for (const one of [page, other]) await expect(one.locator('.thread.waits')).toHaveCount(1)
  await expect(page.locator('.trow .msg', { hasText: 'כן, פתוח עד שבע' })).toHaveCount(1)
  expect(errors).toEqual([])
  await other.context().close()
})

test('a contact that is merged while the other writes to it: the words stay and go to the one kept', async ({
  page,
  browser,
  ownDaemon,
}) => {
  const { dana, avi, other, errors, send } = await fill(page, browser, ownDaemon)
  await other.goto(`${ownDaemon.url}/app/inbox/${avi}`)
  await field(other).fill('חצי תשובה לאבי')
  await page.goto(`${ownDaemon.url}/app/inbox/${dana}`)
  await expect(page.locator('.thread')).toHaveCount(2)
  await send('POST', `/api/contacts/${dana}/merge`, { contact_id: avi })
  for (const one of [page, other]) {
    await expect(one.locator('.thread')).toHaveCount(1)
    // One timeline, with what both wrote.
    await expect(one.locator('.trow .msg', { hasText: 'שלום' })).toBeVisible()
    await expect(one.locator('.trow .msg', { hasText: 'היי' })).toBeVisible()
  }
  await expect(field(other)).toHaveValue('חצי תשובה לאבי')
  await field(other).press('Enter')
  for (const one of [page, other]) {
    await expect(one.locator('.trow .msg', { hasText: 'חצי תשובה לאבי' })).toHaveCount(1, { timeout: 12_000 })
  }
  expect(errors).toEqual([])
  await other.context().close()
})

test('an hour that both want: the second is told, and sees other hours', async ({ page, browser, ownDaemon }) => {
  const { dana, avi, other, errors, send, get } = await fill(page, browser, ownDaemon)
  const hours = Array.from({ length: 7 }, (_, weekday) => ({ weekday, from: '00:00', to: '24:00' }))
  await send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
  await send('POST', '/api/services', { name: 'תספורת', duration_min: 60 })
  await page.goto(`${ownDaemon.url}/calendar?new=1&contact=${dana}`)
  await other.goto(`${ownDaemon.url}/calendar?new=1&contact=${avi}`)
  const slots = (one: Page) => one.getByRole('dialog').locator('.slot')
  const book = (one: Page) => one.getByRole('dialog').getByRole('button', { name: /^לקבוע ל/ })
  for (const one of [page, other]) await slots(one).nth(3).click()
  const wanted = await slots(page).nth(3).textContent()
  expect(await slots(other).nth(3).textContent()).toBe(wanted)
  // The loser's page must not learn of it before it books.
  await other.route('**/api/free-slots*', async route => {
    await released
    await route.continue()
  })
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  await book(page).click()
  await expect(page.locator('.toast')).toContainText('נקבע תור')
  await book(other).click()
  await expect(other.getByRole('dialog').getByRole('alert')).toBeVisible()
  release()
  await expect(slots(other).first()).toBeVisible()
  await slots(other).last().click()
  await book(other).click()
  await expect(other.locator('.toast').last()).toContainText('נקבע תור')
  const { items } = await get<{ items: { state: string }[] }>('/api/appointments')
  expect(items.filter(({ state }) => state === 'booked')).toHaveLength(2)
  expect(errors).toEqual([])
  await other.context().close()
})
