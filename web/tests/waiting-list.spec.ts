import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { alone, expect, inspect, layouts, logIn, long, prepare, test, VIEWS } from './support/fixtures'
import { visit } from './support/shop'

const NOA = '+972527614408'
const RON = '+972541112233'
const DAY_MS = 86_400_000

interface Item {
  id: number
}

interface Entry extends Item {
  contact_id: number
  created_at: string
  note: string
}

/** Returns the day in the business's time zone, `count` days from now. */
const day = (count: number) =>
  new Date(Date.now() + count * DAY_MS).toLocaleDateString('en-CA', { timeZone: 'Asia/Jerusalem' })

/**
 * Creates a shop that is always open, with two services and two contacts. Noa is on the waiting list for the service
 * color in the coming days.
 */
async function fill(page: Page, daemon: Daemon) {
  await daemon.start()
  await daemon.receive('יש תור השבוע?', NOA)
  await daemon.receive('אפשר תור?', RON)
  await logIn(page, daemon)
  const api = await owner(page, daemon)
  const [noa, ron] = [await contactOf(api, NOA), await contactOf(api, RON)]
  await api.send('PATCH', `/api/contacts/${noa.id}`, { display_name: 'נועה ברק' })
  await api.send('PATCH', `/api/contacts/${ron.id}`, { display_name: 'Ron Adler' })
  const hours = Array.from({ length: 7 }, (_, weekday) => ({ weekday, from: '00:00', to: '24:00' }))
  await api.send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
  const color = await api.send<Item>('POST', '/api/services', { name: 'צבע', duration_min: 60, price_minor: 42000 })
  const cut = await api.send<Item>('POST', '/api/services', { name: 'תספורת', duration_min: 30 })
  const wait = (body: object) => api.send<Entry>('POST', '/api/waiting-list', body)
  const entry = await wait({
    contact_id: noa.id,
    service_id: color.id,
    from_date: day(1),
    to_date: day(5),
    note: 'רק בבוקר',
  })
  const list = async () => (await api.get<{ items: Entry[] }>('/api/waiting-list')).items
  return { ...api, noa, ron, color, cut, entry, wait, list }
}

for (const view of layouts('desktop')) {
  test(`the waiting list, ${view.language} ${view.width} ${view.scheme}`, long, async ({ page, ownDaemon }) => {
    test.setTimeout(90_000)
    await prepare(page, view)
    const { ron, cut, color, wait, send, entry } = await fill(page, ownDaemon)
    await wait({
      contact_id: ron.id,
      service_id: cut.id,
      from_date: '2026-01-01',
      to_date: '2026-01-05',
      waiting_since: '2025-12-20T08:00:00Z',
    })
    await wait({ contact_id: ron.id, service_id: color.id, from_date: day(2), to_date: day(2) })
    await page.goto(`${ownDaemon.url}/app/today`)
    await expect(page.locator('a[href="/calendar?waiting=1"]')).toBeVisible()
    await inspect(page, 'today-waiting', view)
    await visit(page, '/calendar?waiting=1')
    await expect(page.locator('.waiter')).toHaveCount(3)
    await inspect(page, 'waiting-list', view)
    await visit(page, `/calendar?waiting=1&new=1&contact=${entry.contact_id}&waiter=${entry.id}`)
    await expect(page.getByRole('dialog').locator('.slot[aria-pressed="true"]')).toBeVisible()
    await inspect(page, 'waiting-book', view)
    await visit(page, '/calendar?waiting=1')
    await expect(page.locator('.waiter')).toHaveCount(3)
    await page.locator('.waiting-head .btn').first().click()
    await page.getByRole('dialog').getByRole('textbox').first().waitFor()
    await inspect(page, 'waiting-add', view)
    for (const { id } of await send<{ items: Item[] }>('GET', '/api/waiting-list').then(({ items }) => items)) {
      await send('DELETE', `/api/waiting-list/${id}`)
    }
    await visit(page, '/calendar?waiting=1')
    await expect(page.locator('.waiting .empty')).toBeVisible()
    await inspect(page, 'waiting-empty', view)
  })
}

test('a waiting contact is booked with one press, leaves the list, and returns with the undo', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  const { entry, list, get } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/calendar`)
  await page.getByRole('button', { name: 'רשימת המתנה אחד מחכה' }).click()
  const row = page.locator('.waiter')
  await expect(row).toContainText('נועה ברק')
  await expect(row).toContainText('צבע')
  await expect(row).toContainText('רק בבוקר')
  await expect(row).toContainText('פנוי:')
  await row.getByRole('button', { name: /^לקבוע תור/ }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('מרשימת ההמתנה')
  await expect(dialog.getByRole('button', { name: 'צבע' })).toHaveAttribute('aria-pressed', 'true')
  await dialog.getByRole('button', { name: /^לקבוע ל/ }).click()
  await expect(page.locator('.toast')).toContainText('נקבע תור')
  await expect(row).toHaveCount(0)
  expect(await list()).toEqual([])
  const { items } = await get<{ items: { starts_at: string; contact_id: number }[] }>('/api/appointments')
  const booked = items.map(({ starts_at, contact_id }) => [
    new Date(starts_at).toLocaleDateString('en-CA', { timeZone: 'Asia/Jerusalem' }),
    contact_id,
  ])
  expect(booked).toEqual([[day(1), entry.contact_id]])
  await page.locator('.toast').getByRole('button', { name: 'ביטול' }).click()
  await expect(row).toContainText('נועה ברק')
  const [back] = await list()
  expect([back?.created_at, back?.note]).toEqual([entry.created_at, 'רק בבוקר'])
})

test('a contact is added by hand, changed and removed, each with undo', async ({ page, ownDaemon }) => {
  test.setTimeout(60_000)
  await prepare(page, VIEWS[0])
  const { list, ron } = await fill(page, ownDaemon)
  const undo = () => page.locator('.toast').last().getByRole('button', { name: 'ביטול' })
  await page.goto(`${ownDaemon.url}/calendar?waiting=1`)
  await page.getByRole('button', { name: 'הוספה לרשימה' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('combobox', { name: 'לקוח' }).fill('Ron')
  await dialog.getByRole('option', { name: /Ron Adler/ }).click()
  await dialog.getByRole('button', { name: 'תספורת' }).click()
  await dialog.getByRole('textbox', { name: 'הערה' }).fill('אחרי 16:00')
  await page.keyboard.press('Enter')
  await expect(dialog).toHaveCount(0)
  await expect(page.locator('.waiter')).toHaveCount(2)
  expect((await list()).find(({ contact_id }) => contact_id === ron.id)?.note).toBe('אחרי 16:00')
  const row = page.locator('.waiter').filter({ hasText: 'Ron Adler' })

  await row.getByRole('button', { name: /^עריכה/ }).click()
  await dialog.getByRole('textbox', { name: 'הערה' }).fill('כל היום')
  await dialog.getByRole('textbox', { name: 'עד יום, כולל' }).fill('1.1.2026')
  await expect(dialog.getByRole('button', { name: 'שמירה' })).toBeDisabled()
  await expect(dialog).toContainText('תאריך הסיום מוקדם מתאריך ההתחלה')
  await dialog.getByRole('textbox', { name: 'עד יום, כולל' }).fill(day(3))
  await dialog.getByRole('button', { name: 'שמירה' }).click()
  await expect(row).toContainText('כל היום')
  await expect(page.locator('.toast').last()).toContainText('עודכן')
  await undo().click()
  await expect(row).toContainText('אחרי 16:00')

  const before = await list()
  await row.getByRole('button', { name: /^הסרה מהרשימה/ }).click()
  await expect(row).toHaveCount(0)
  await expect(page.locator('.toast').last()).toContainText('הוסר')
  await undo().click()
  await expect(row).toHaveCount(1)
  const strip = (entries: Entry[]) =>
    entries.map(({ contact_id, created_at, note }) => ({ contact_id, created_at, note }))
  expect(strip(await list())).toEqual(strip(before))
})

test('changes of others to the list are seen at once, and are not overwritten', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { send, entry, ron, cut, wait, list } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/calendar?waiting=1`)
  await expect(page.locator('.waiter')).toHaveCount(1)
  await wait({ contact_id: ron.id, service_id: cut.id, from_date: day(1), to_date: day(2) })
  await expect(page.locator('.waiter')).toHaveCount(2)
  await page.getByRole('button', { name: /^עריכה: .*נועה ברק/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'הערה' }).fill('רק בערב')
  await send('PATCH', `/api/waiting-list/${entry.id}`, { note: 'בצהריים' })
  await expect(page.locator('.waiter').first()).toContainText('בצהריים')
  await dialog.getByRole('button', { name: 'שמירה' }).click()
  await expect(dialog.getByRole('alert')).toContainText('בצהריים')
  expect((await list())[0]?.note).toBe('בצהריים')
  // A third version is shown as well, and is not overwritten.
  await send('PATCH', `/api/waiting-list/${entry.id}`, { note: 'בלילה' })
  await dialog.getByRole('button', { name: 'לשמור את שלי' }).click()
  await expect(dialog.getByRole('alert')).toContainText('בלילה')
  expect((await list())[0]?.note).toBe('בלילה')
  await dialog.getByRole('button', { name: 'לשמור את שלי' }).click()
  await expect(dialog).toHaveCount(0)
  expect((await list())[0]?.note).toBe('רק בערב')
})

test('an entry that was just changed is booked, also while it is still fetched', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { entry } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/calendar?waiting=1`)
  const row = page.locator('.waiter')
  const dialog = page.getByRole('dialog')
  await row.getByRole('button', { name: /^עריכה/ }).click()
  await dialog.getByRole('button', { name: 'תספורת' }).click()
  await dialog.getByRole('textbox', { name: 'הערה' }).fill('רק בערב')
  let release = () => {}
  const isShown = new Promise<void>(resolve => {
    release = resolve
  })
  await page.route(`**/api/waiting-list/${entry.id}`, async route => {
    if (route.request().method() === 'GET') await isShown
    await route.fallback().catch(() => undefined)
  })
  await dialog.getByRole('button', { name: 'שמירה' }).click()
  await expect(row).toContainText('רק בערב')
  await row.getByRole('button', { name: /^לקבוע תור/ }).click()
  await expect(dialog).toBeVisible()
  release()
  await expect(dialog).toContainText('רק בערב')
  await expect(dialog.getByRole('button', { name: 'תספורת' })).toHaveAttribute('aria-pressed', 'true')
})

test('an entry that does not load is not booked as if there were none; one that was removed is', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  const { entry, noa } = await fill(page, ownDaemon)
  let status = 403
  await page.route(`**/api/waiting-list/${entry.id}`, route =>
    route.fulfill({ status, json: { error: { code: status === 404 ? 'not_found' : 'forbidden' } } }),
  )
  await page.goto(`${ownDaemon.url}/calendar?new=1&contact=${noa.id}&waiter=${entry.id}`)
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('alert')).toContainText('הרישום לא נטען')
  status = 404
  const retry = dialog.getByRole('button', { name: 'לנסות שוב' })
  // A change may cause a refetch before the click, so that the button disappears.
  await expect(async () => {
    if (await retry.count()) await retry.click({ timeout: 2_000 })
    expect(await retry.count()).toBe(0)
  }).toPass()
  await expect(dialog).toContainText('נועה ברק')
  await expect(dialog).not.toContainText('מרשימת ההמתנה')
})

test('a form is not thrown away by Escape, keeps the staff that did not load, and returns the focus', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  const { get, send, entry } = await fill(page, ownDaemon)
  const staff = (await get<{ items: Item[] }>('/api/resources')).items[0]?.id
  await send('PATCH', `/api/waiting-list/${entry.id}`, { resource_id: staff })
  await page.route('**/api/resources', route => route.fulfill({ status: 403, json: { error: { code: 'forbidden' } } }))
  await page.goto(`${ownDaemon.url}/calendar`)
  const opener = page.getByRole('button', { name: 'רשימת המתנה אחד מחכה' })
  await opener.click()
  const edit = page.getByRole('button', { name: /^עריכה: / })
  const dialog = page.getByRole('dialog')
  await edit.click()
  const note = dialog.getByRole('textbox', { name: 'הערה' })
  await expect(note).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(dialog).toHaveCount(0)
  await expect(edit).toBeFocused()
  await edit.click()
  await note.fill('רק בערב')
  await page.keyboard.press('Escape')
  await expect(dialog.getByRole('alert')).toContainText('לסגור בלי לשמור')
  await expect(dialog.getByRole('button', { name: 'להמשיך למלא' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(note).toBeFocused()
  await dialog.getByRole('button', { name: 'שמירה' }).click()
  await expect(dialog).toHaveCount(0)
  await expect(edit).toBeFocused()
  expect(await get(`/api/waiting-list/${entry.id}`)).toMatchObject({ note: 'רק בערב', resource_id: staff })
  await page.getByRole('button', { name: 'סגירת רשימת ההמתנה' }).click()
  await expect(opener).toBeFocused()
})

alone('a free time that has begun is looked for again', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await fill(page, ownDaemon)
  await page.clock.install()
  // Without the time of the daemon, the page does not correct its own clock, which is set below.
  await page.route(/\/api\/(?!events)/, async route => {
    const response = await route.fetch()
    const { date: _, ...headers } = response.headers()
    await route.fulfill({ response, headers })
  })
  let asked = 0
  page.on('request', request => {
    if (request.url().includes('/api/waiting-list?')) asked += 1
  })
  await page.goto(`${ownDaemon.url}/calendar?waiting=1`)
  await expect(page.locator('.waiter')).toContainText('פנוי:')
  const before = asked
  await page.clock.setSystemTime(Date.parse(`${day(6)}T12:00:00Z`))
  await page.clock.runFor(30_000)
  await expect.poll(() => asked).toBeGreaterThan(before)
})

test('a list that does not load says that its entries are kept, and tries again', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[3])
  await fill(page, ownDaemon)
  let fails = true
  await page.route('**/api/waiting-list?*', route =>
    fails ? route.fulfill({ status: 500, json: { error: { code: 'internal' } } }) : route.fallback(),
  )
  await page.goto(`${ownDaemon.url}/calendar?waiting=1`)
  const alert = page.locator('.waiting [role="alert"]')
  await expect(alert).toContainText('did not load')
  fails = false
  await alert.getByRole('button', { name: 'Try again' }).click()
  await expect(page.locator('.waiter')).toHaveCount(1)
})

for (const view of layouts('phone')) {
  test(`a waiting contact is booked, ${view.language} ${view.width} ${view.scheme}`, async ({ page, ownDaemon }) => {
    await prepare(page, view)
    const { noa, color, entry, list, send } = await fill(page, ownDaemon)
    const dialog = page.getByRole('dialog')
    const book = dialog.locator('button[type=submit]')
    // The form was not opened from the waiting list, but shows that the contact is on the list.
    await page.goto(`${ownDaemon.url}/calendar?new=1&contact=${noa.id}`)
    await dialog.getByText('צבע').first().click()
    await expect(dialog.getByRole('checkbox')).toBeChecked()
    await inspect(page, 'book-who-waits', view)
    await dialog.locator('.slot').first().click()
    await book.click()
    await expect(page.locator('.toast')).toBeVisible()
    await expect.poll(list).toHaveLength(0)
    await page.locator('.toast button').last().click()
    await expect.poll(list).toMatchObject([{ contact_id: noa.id, created_at: entry.created_at, note: entry.note }])

    // The appointment is booked elsewhere, for example by the agent: the list and the appointment offer to remove the
    // entry.
    const starts_at = `${day(3)}T09:00:00Z`
    const made = await send<Item>('POST', '/api/appointments', { contact_id: noa.id, service_id: color.id, starts_at })
    await page.goto(`${ownDaemon.url}/calendar?waiting=1`)
    const row = page.locator('.waiter')
    const link = row.locator(`a[href$="appointment=${made.id}"]`)
    await expect(link).toBeVisible()
    await inspect(page, 'waits-and-is-booked', view)
    await page.goto(`${ownDaemon.url}/calendar?date=${day(3)}&appointment=${made.id}`)
    await expect(dialog.locator('.note button')).toBeVisible()
    await inspect(page, 'appointment-of-who-waits', view)
    await dialog.locator('.note button').click()
    await expect.poll(list).toHaveLength(0)
    await page.locator('.toast button').last().click()
    await expect.poll(list).toHaveLength(1)
    await page.goto(`${ownDaemon.url}/calendar?waiting=1`)
    await row.locator('.waiter-foot .btn:not(.quiet)').click()
    await expect(row).toHaveCount(0)
    await expect.poll(list).toHaveLength(0)
  })
}
