import type { Browser, Page } from '@playwright/test'
import { contactOf, type Owner, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspect, long, prepare, test, VIEWS, watch } from './support/fixtures'

const DANA = '+972509876543'
const AVI = '+972523334455'
const GAL = { name: 'gal', password: 'another long 7 password' }
const field = (page: Page) => page.locator('.write textarea')

interface Two extends Owner {
  dana: number
  avi: number
  /** The page of the second owner, in a separate browser context. */
  other: Page
  errors: string[]
}

/** Creates two contacts, and two owners who work at the same time. */
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
  const { dana, other, errors, send } = await fill(page, browser, ownDaemon)
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
  // A third version is shown as well, and is not overwritten.
  await send('PATCH', `/api/contacts/${dana}`, { display_name: 'דנה השלישית' })
  await other.getByRole('button', { name: 'לשמור את שלי' }).click()
  await expect(other.getByRole('alert')).toContainText('דנה השלישית')
  // The summary of a call changes the contact's language meanwhile. This is not a conflict with a change of the name.
  await send('PATCH', `/api/contacts/${dana}`, { language: 'ru' })
  await other.getByRole('button', { name: 'לשמור את שלי' }).click()
  for (const one of [page, other]) await expect(one.locator('h1')).toContainText('דנה של גל')
  expect(errors).toEqual([])
  await other.context().close()
})

test(
  'notes, facts and saved replies that both change: both texts are shown, and the second decides',
  long,
  async ({ page, browser, ownDaemon }) => {
    const { dana, other, errors, send, get } = await fill(page, browser, ownDaemon)
    const { id: note } = await send<{ id: number }>('POST', `/api/contacts/${dana}/notes`, { text: 'הערה' })
    const { id: fact } = await send<{ id: number }>('POST', '/api/facts', { topic: 'חניה', text: 'אין' })
    const { id: reply } = await send<{ id: number }>('POST', '/api/saved-replies', { shortcut: 'שעות', text: '9-18' })
    const conflict = other.getByRole('alert')
    const take = (whose: 'mine' | 'theirs') =>
      conflict.getByRole('button', { name: whose === 'mine' ? 'לשמור את שלי' : 'להשאיר את של האחר' }).click()
    const textOf = async (path: string, id: number) => {
      const { items } = await get<{ items: { id: number; text: string }[] }>(path)
      return items.find(item => item.id === id)?.text
    }

    // A note: the refused text is kept, also after a third version.
    await other.goto(`${ownDaemon.url}/app/contacts/${dana}`)
    await other.getByRole('button', { name: 'עריכת ההערה' }).click()
    const field = other.getByRole('textbox', { name: 'הערה', exact: true })
    await field.fill('הערה של גל')
    await send('PATCH', `/api/notes/${note}`, { text: 'הערה של רוני' })
    await field.press('Control+Enter')
    await expect(conflict).toContainText('הערה של רוני')
    await expect(conflict).toContainText('roni')
    await expect(field).toHaveValue('הערה של גל')
    await inspect(other, 'note-overtaken', VIEWS[0])
    await send('PATCH', `/api/notes/${note}`, { text: 'עוד הערה של רוני' })
    await take('mine')
    await expect(conflict).toContainText('עוד הערה של רוני')
    expect(await textOf(`/api/contacts/${dana}/notes`, note)).toBe('עוד הערה של רוני')
    await take('mine')
    await expect(conflict).toHaveCount(0)
    await expect(other.locator('.note')).toHaveText('הערה של גל')
    expect(await textOf(`/api/contacts/${dana}/notes`, note)).toBe('הערה של גל')

    // A fact: the user accepts the other version.
    await other.goto(`${ownDaemon.url}/app/settings/facts`)
    await other.locator('.edit-row').click()
    await other.getByLabel('מה להגיד').fill('יש, של גל')
    await send('PATCH', `/api/facts/${fact}`, { text: 'יש, של רוני' })
    await other.getByRole('button', { name: 'שמירה' }).click()
    await expect(conflict).toContainText('יש, של רוני')
    await inspect(other, 'fact-overtaken', VIEWS[0])
    await take('theirs')
    await expect(other.locator('.edit-row')).toContainText('יש, של רוני')

    // A saved reply.
    await other.goto(`${ownDaemon.url}/app/inbox/${dana}`)
    await other.locator('.write textarea').fill('/')
    await other.getByRole('button', { name: 'עריכת הרשימה' }).click()
    const dialog = other.getByRole('dialog')
    await dialog.getByRole('button', { name: '/שעות' }).click()
    await dialog.getByLabel('התשובה', { exact: true }).fill('9-18, של גל')
    await send('PATCH', `/api/saved-replies/${reply}`, { text: '9-17, של רוני' })
    await dialog.getByRole('button', { name: 'שמירה' }).click()
    await expect(conflict).toContainText('9-17, של רוני')
    await inspect(other, 'reply-overtaken', VIEWS[0])
    await take('mine')
    await expect(conflict).toHaveCount(0)
    await expect.poll(() => textOf('/api/saved-replies', reply)).toBe('9-18, של גל')
    expect(errors).toEqual([])
    await other.context().close()
  },
)

test(
  'services, staff and hours that both change: both versions are shown, and the second decides',
  long,
  async ({ page, browser, ownDaemon }) => {
    const { other, errors, send, get } = await fill(page, browser, ownDaemon)
    const conflict = other.getByRole('alert')
    const take = (whose: 'mine' | 'theirs') =>
      conflict.getByRole('button', { name: whose === 'mine' ? 'לשמור את שלי' : 'להשאיר את של האחר' }).click()
    const service = await send<{ id: number }>('POST', '/api/services', { name: 'תספורת', duration_min: 30 })

    await other.goto(`${ownDaemon.url}/app/settings/services`)
    await other.getByRole('button', { name: /תספורת/ }).click()
    await other.getByLabel('מחיר בשקלים').fill('120')
    await send('PATCH', `/api/services/${service.id}`, { duration_min: 45 })
    await other.getByRole('button', { name: 'שמירה' }).click()
    await expect(conflict).toContainText('45')
    await inspect(other, 'service-overtaken', VIEWS[0])
    await take('mine')
    await expect(conflict).toHaveCount(0)
    const read = <T>(path: string) => get<T>(path)
    await expect
      .poll(() => read(`/api/services/${service.id}`))
      .toMatchObject({ duration_min: 30, price_minor: 12_000 })

    await other.goto(`${ownDaemon.url}/app/settings/resources`)
    await other.locator('.edit-row').first().click()
    await other.getByLabel('שם', { exact: true }).fill('גל')
    await send('PATCH', '/api/resources/1', { name: 'רוני' })
    await other.getByRole('button', { name: 'שמירה', exact: true }).click()
    await expect(conflict).toContainText('רוני')
    await inspect(other, 'resource-overtaken', VIEWS[0])
    await take('theirs')
    await expect(other.locator('.edit-row').first()).toContainText('רוני')

    // The input of one owner is kept while the other saves. It is saved only after the user has chosen a version.
    const sunday = (from: string) => ({
      hours: [{ weekday: 0, from, to: '18:00' }],
      holidays: 'closed',
      eves: 'closed',
    })
    await send('PUT', '/api/opening-hours', sunday('09:00'))
    await other.goto(`${ownDaemon.url}/app/settings/hours`)
    const from = other.getByLabel(/משעה/).first()
    await expect(from).toHaveValue('9:00')
    await from.fill('8:00')
    const response = other.waitForResponse(/opening-hours/)
    await send('PUT', '/api/opening-hours', sunday('10:00'))
    await response
    await expect(from).toHaveValue('8:00')
    await other.getByRole('button', { name: 'שמירה', exact: true }).click()
    await expect(conflict).toContainText('10:00–18:00')
    await inspect(other, 'hours-overtaken', VIEWS[0])
    await take('theirs')
    await expect(conflict).toHaveCount(0)
    await expect(from).toHaveValue('10:00')
    await from.fill('8:30')
    await other.getByRole('button', { name: 'שמירה', exact: true }).click()
    await expect.poll(() => read('/api/opening-hours')).toMatchObject({ hours: [{ from: '08:30' }] })
    expect(errors).toEqual([])
    await other.context().close()
  },
)

test(
  'an item that another user has changed is removed, cancelled or done only after it was shown',
  long,
  async ({ page, browser, ownDaemon }) => {
    const { dana, other, errors, send, get } = await fill(page, browser, ownDaemon)
    const conflict = other.getByRole('alert')
    const hours = Array.from({ length: 7 }, (_, weekday) => ({ weekday, from: '00:00', to: '24:00' }))
    await send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
    const service = await send<{ id: number }>('POST', '/api/services', { name: 'תספורת', duration_min: 30 })
    const closure = { from_date: '2030-01-06', to_date: '2030-01-07', reason: 'חופשה' }
    const { id } = await send<{ id: number }>('POST', '/api/closures', closure)
    // The page must not receive the change before the button is pressed.
    const silent = (path: string) =>
      other.route(path, route => (route.request().method() === 'GET' ? route.abort() : route.continue()))

    await other.goto(`${ownDaemon.url}/app/settings/hours`)
    await expect(other.getByText('חופשה')).toBeVisible()
    await silent('**/api/closures*')
    await send('PATCH', `/api/closures/${id}`, { reason: 'שיפוץ' })
    await other.getByRole('button', { name: 'הסרה', exact: true }).click()
    await expect(conflict).toContainText('שיפוץ')
    await other.unroute('**/api/closures*')
    await inspect(other, 'closure-overtaken', VIEWS[0])
    await conflict.getByRole('button', { name: 'להסיר בכל זאת' }).click()
    await expect.poll(() => get('/api/closures')).toMatchObject({ items: [] })

    const at = new Date(Date.now() + 86_400_000).toISOString().slice(0, 11)
    const book = { contact_id: dana, service_id: service.id, starts_at: `${at}10:00:00Z` }
    const made = await send<{ id: number }>('POST', '/api/appointments', book)
    await other.goto(`${ownDaemon.url}/calendar?appointment=${made.id}`)
    const card = other.getByRole('dialog')
    await expect(card.getByRole('button', { name: 'ביטול התור' })).toBeVisible()
    await silent('**/api/appointments/*')
    await send('PATCH', `/api/appointments/${made.id}`, { starts_at: `${at}12:00:00Z` })
    await card.getByRole('button', { name: 'ביטול התור' }).click()
    await card.getByRole('button', { name: 'לבטל את התור' }).click()
    await expect(conflict).toContainText(/1[45]:00/)
    await other.unroute('**/api/appointments/*')
    await inspect(other, 'cancel-overtaken', VIEWS[0])
    await conflict.getByRole('button', { name: 'להשאיר' }).click()
    await expect(conflict).toHaveCount(0)
    expect(await get(`/api/appointments/${made.id}`)).toMatchObject({ state: 'booked' })
    // Notes of both: the second is shown the first one's. A change of the time is no conflict with a note.
    await card.getByRole('button', { name: 'חזרה' }).click()
    await card.getByRole('button', { name: 'עריכה' }).click()
    await card.getByLabel('הערה').fill('הערה של גל')
    await send('PATCH', `/api/appointments/${made.id}`, { note: 'הערה של רוני', starts_at: `${at}13:00:00Z` })
    await card.getByRole('button', { name: 'שמירה' }).click()
    await expect(conflict).toContainText('הערה של רוני')
    await inspect(other, 'appointment-overtaken', VIEWS[0])
    await send('PATCH', `/api/appointments/${made.id}`, { starts_at: `${at}14:00:00Z` })
    await conflict.getByRole('button', { name: 'לשמור את שלי' }).click()
    await expect
      .poll(() => get(`/api/appointments/${made.id}`))
      .toMatchObject({ note: 'הערה של גל', starts_at: `${at}14:00:00.000Z` })
    await card.getByRole('button', { name: 'ביטול התור' }).click()
    await card.getByRole('button', { name: 'לבטל את התור' }).click()
    await expect.poll(() => get(`/api/appointments/${made.id}`)).toMatchObject({ state: 'cancelled' })
    expect(errors).toEqual([])
    await other.context().close()
  },
)

test('a task or a name that both change: the second is shown both versions, and decides', async ({
  page,
  browser,
  ownDaemon,
}) => {
  const { dana, avi, other, errors, send, get } = await fill(page, browser, ownDaemon)
  const conflict = other.getByRole('alert')
  const mine = conflict.getByRole('button', { name: 'לשמור את שלי' })
  const { id } = await send<{ id: number }>('POST', '/api/tasks', { title: 'להתקשר לספק' })
  const titleOf = async () => (await get<{ title: string }>(`/api/tasks/${id}`)).title
  await other.goto(`${ownDaemon.url}/app/tasks`)
  const title = other.getByRole('textbox', { name: 'המשימה', exact: true })
  await other.getByRole('button', { name: 'להתקשר לספק' }).click()
  await title.fill('להתקשר לספק, של גל')
  await send('PATCH', `/api/tasks/${id}`, { title: 'להתקשר לספק, של רוני' })
  await title.press('Enter')
  await expect(conflict).toContainText('להתקשר לספק, של רוני')
  await expect(title).toHaveValue('להתקשר לספק, של גל')
  expect(await titleOf()).toBe('להתקשר לספק, של רוני')
  await inspect(other, 'task-overtaken', VIEWS[0])
  await send('PATCH', `/api/tasks/${id}`, { title: 'להתקשר לספק מחר' })
  await mine.click()
  await expect(conflict).toContainText('להתקשר לספק מחר')
  // A change of another part of the task is not a conflict. A new date would move the form to another place.
  await send('PATCH', `/api/tasks/${id}`, { contact_id: dana })
  await mine.click()
  await expect.poll(titleOf).toBe('להתקשר לספק, של גל')
  await other.locator('.toast').last().getByRole('button', { name: 'ביטול' }).click()
  await expect.poll(titleOf).toBe('להתקשר לספק מחר')

  // A task that the other user deletes.
  await other.getByRole('button', { name: 'להתקשר לספק' }).click()
  await title.fill('טקסט ארוך')
  await send('DELETE', `/api/tasks/${id}`)
  await expect(conflict).toContainText('מישהו מחק את המשימה')
  await expect(title).toHaveValue('טקסט ארוך')
  await expect(other.getByRole('button', { name: 'שמירה', exact: true })).toBeDisabled()
  await other.getByRole('button', { name: 'ביטול', exact: true }).click()
  await expect(title).toHaveCount(0)

  // The first name of a contact, given in the conversation.
  await ownDaemon.receive('אפשר תור?', '+972541112233')
  const unnamed = await contactOf({ send, get }, '+972541112233')
  const nameOf = async (contact: number) =>
    (await get<{ display_name: string }>(`/api/contacts/${contact}`)).display_name
  await other.goto(`${ownDaemon.url}/app/inbox/${unnamed.id}`)
  await other.getByRole('button', { name: 'הוספת שם' }).click()
  await other.getByRole('dialog').getByLabel('שם', { exact: true }).fill('נתן של גל')
  await send('PATCH', `/api/contacts/${unnamed.id}`, { display_name: 'נתן של רוני' })
  await other.keyboard.press('Enter')
  await expect(conflict).toContainText('נתן של רוני')
  expect(await nameOf(unnamed.id)).toBe('נתן של רוני')
  await inspect(other, 'name-overtaken', VIEWS[0])
  await mine.click()
  await expect(other.getByRole('dialog')).toHaveCount(0)
  expect(await nameOf(unnamed.id)).toBe('נתן של גל')

  // The name that is chosen for a merge.
  await other.goto(`${ownDaemon.url}/app/contacts/merge?keep=${dana}&other=${avi}`)
  await other.getByRole('radio', { name: 'אבי לוי' }).click()
  let isFirst = true
  await other.route('**/merge', async route => {
    if (isFirst) await send('PATCH', `/api/contacts/${dana}`, { display_name: 'דנה של רוני' })
    isFirst = false
    await route.continue()
  })
  await other.getByRole('button', { name: 'כן, לאחד' }).click()
  await expect(conflict).toContainText('דנה של רוני')
  expect(await nameOf(dana)).toBe('דנה של רוני')
  expect(await nameOf(avi)).toBe('אבי לוי')
  await inspect(other, 'merge-overtaken', VIEWS[0])
  await conflict.getByRole('button', { name: 'לאחד לפי הבחירה שלי' }).click()
  await expect.poll(() => nameOf(dana)).toBe('אבי לוי')
  expect(errors).toEqual([])
  await other.context().close()
})

test(
  'an item that another user removes while its form is open: the form keeps the input, and says so',
  long,
  async ({ page, browser, ownDaemon }) => {
    const { other, errors, send } = await fill(page, browser, ownDaemon)
    const notice = other.getByRole('alert')
    const url = 'https://93.184.216.34/stock'
    for (const [path, name, label, item] of [
      ['facts', 'חניה', 'מה להגיד', { topic: 'חניה', text: 'אין' }],
      ['services', 'תספורת', 'שם השירות', { name: 'תספורת', duration_min: 30 }],
      ['resources', 'יעל', 'שם', { name: 'יעל' }],
      ['tools', 'check_stock', 'מתי להשתמש בו', { name: 'check_stock', description: 'מלאי', url }],
    ] as const) {
      const api = path === 'tools' ? '/api/agent-tools' : `/api/${path}`
      const { id } = await send<{ id: number }>('POST', api, item)
      await other.goto(`${ownDaemon.url}/app/settings/${path}`)
      const row = other.locator('.edit-row', { hasText: name })
      await row.click()
      const input = other.getByLabel(label, { exact: true })
      await input.fill('טקסט ארוך')
      await send('DELETE', `${api}/${id}`)
      await expect(notice).toContainText('מישהו הסיר את זה בינתיים')
      await expect(input).toHaveValue('טקסט ארוך')
      await expect(other.getByRole('button', { name: 'שמירה', exact: true })).toBeDisabled()
      if (path === 'facts') await inspect(other, 'fact-gone', VIEWS[0])
      await other.getByRole('button', { name: 'ביטול', exact: true }).click()
      await expect(input).toHaveCount(0)
      await expect(row).toHaveCount(0)
    }
    expect(errors).toEqual([])
    await other.context().close()
  },
)

test(
  'a setting that both change: the second is shown both values, and decides; others are not concerned',
  long,
  async ({ page, browser, ownDaemon }) => {
    const { other, errors } = await fill(page, browser, ownDaemon)
    await both([page, other], `${ownDaemon.url}/app/settings/business`)
    const name = (one: Page) => one.getByRole('textbox', { name: 'שם העסק', exact: true })
    // The second owner is typing when the first one saves. The input must be kept.
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

    // The first owner accepts the other's value.
    await name(page).fill('מספרת רוני')
    await name(other).fill('מספרת גל ובנו')
    await name(other).press('Enter')
    await expect(page.locator('.hist')).toContainText('מספרת גל ובנו')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'להשאיר את של האחר' }).click()
    await expect(name(page)).toHaveValue('מספרת גל ובנו')
    expect(errors).toEqual([])
    await other.context().close()
  },
)

test(
  'a conversation that both have open: an answer is seen at once, in the thread and in the list',
  long,
  async ({ page, browser, ownDaemon }) => {
    const { dana, other, errors } = await fill(page, browser, ownDaemon)
    await both([page, other], `${ownDaemon.url}/app/inbox/${dana}`)
    for (const one of [page, other]) await expect(one.locator('.thread.waits')).toHaveCount(2)
    // Measures, in the second owner's page, the time from the report of the first owner's typing until the page shows it.
    const seen = other.evaluate(
      () =>
        new Promise<number>(resolve => {
          const look = () => (document.querySelector('.typing') ? resolve(Date.now()) : requestAnimationFrame(look))
          look()
        }),
    )
    const reported = page.waitForRequest(/\/typing$/)
    await field(other).fill('תשובה שנייה')
    await field(page).fill('כן, פתוח עד שבע')
    const report = await reported
    // The times of a request are known after its response.
    await report.response()
    const sent = report.timing().startTime
    const took = (await seen) - sent
    test.info().annotations.push({ type: 'typing is seen after', description: `${took.toFixed(0)} ms` })
    expect(took).toBeLessThan(1_000)
    await expect(other.locator('.typing')).toContainText('roni')
    await expect(other.locator('.overtaken')).toHaveCount(0)
    await field(page).press('Enter')
    await expect(other.locator('.trow .msg', { hasText: 'כן, פתוח עד שבע' })).toHaveCount(1, { timeout: 12_000 })
    for (const one of [page, other]) await expect(one.locator('.thread.waits')).toHaveCount(1)
    await expect(page.locator('.trow .msg', { hasText: 'כן, פתוח עד שבע' })).toHaveCount(1)
    // The second owner has not sent yet, and is warned. The first one is not.
    await expect(other.locator('.overtaken')).toContainText('ענה ללקוח הזה בזמן שכתבתם')
    await inspect(other, 'overtaken', VIEWS[0])
    await expect(page.locator('.overtaken')).toHaveCount(0)
    expect(errors).toEqual([])
    await other.context().close()
  },
)

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
    // Both pages show one timeline with the messages of both contacts.
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

test('a note that one edits and the other deletes: the text stays, and can be added again', async ({
  page,
  browser,
  ownDaemon,
}) => {
  const { dana, other, errors, send } = await fill(page, browser, ownDaemon)
  const { id } = await send<{ id: number }>('POST', `/api/contacts/${dana}/notes`, { text: 'הערה' })
  await other.goto(`${ownDaemon.url}/app/contacts/${dana}`)
  await other.getByRole('button', { name: 'עריכת ההערה' }).click()
  const field = other.getByRole('textbox', { name: 'הערה', exact: true })
  await field.fill('הערה של גל')
  await send('DELETE', `/api/notes/${id}`)
  await expect(other.getByRole('alert')).toContainText('ההערה נמחקה בינתיים')
  await expect(field).toHaveValue('הערה של גל')
  await field.press('Control+Enter')
  await expect(other.locator('.note')).toHaveText('הערה של גל')
  await expect(field).toHaveCount(0)
  expect(errors).toEqual([])
  await other.context().close()
})

test('an hour that both want: the second gets a notice, and sees other hours', async ({ page, browser, ownDaemon }) => {
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
  // The slower user's page must not receive the booking before it books.
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

test('an undo does not overwrite what another user has saved since', async ({ page, browser, ownDaemon }) => {
  const { dana, other, errors, send, get } = await fill(page, browser, ownDaemon)
  const { id: task } = await send<{ id: number }>('POST', '/api/tasks', { title: 'להתקשר לספק' })
  const titleOf = async () => (await get<{ title: string }>(`/api/tasks/${task}`)).title
  const nameOf = async () => (await get<{ display_name: string }>(`/api/contacts/${dana}`)).display_name
  const undo = other.locator('.toast').last().getByRole('button', { name: 'ביטול' })
  const refused = other.getByText('מישהו שינה את זה בינתיים, ולכן הפעולה לא בוטלה.')
  await other.goto(`${ownDaemon.url}/app/tasks`)
  await other.getByRole('button', { name: 'להתקשר לספק' }).click()
  await other.getByRole('textbox', { name: 'המשימה', exact: true }).fill('להתקשר מחר')
  await other.keyboard.press('Enter')
  await expect.poll(titleOf).toBe('להתקשר מחר')
  await send('PATCH', `/api/tasks/${task}`, { title: 'להתקשר בערב' })
  await undo.click()
  await expect(refused).toBeVisible()
  expect(await titleOf()).toBe('להתקשר בערב')

  await other.goto(`${ownDaemon.url}/app/contacts/${dana}`)
  const rename = async (name: string) => {
    await other.getByRole('button', { name: 'שינוי השם' }).click()
    await other.getByRole('textbox', { name: 'שם', exact: true }).fill(name)
    await other.keyboard.press('Enter')
    await expect.poll(nameOf).toBe(name)
  }
  await rename('דנה של גל')
  // A change of another part of the contact does not prevent the undo.
  await send('PATCH', `/api/contacts/${dana}`, { language: 'ru' })
  await undo.click()
  await expect.poll(nameOf).toBe('דנה כהן')
  await rename('דנה של גל')
  await send('PATCH', `/api/contacts/${dana}`, { display_name: 'דנה של רוני' })
  await undo.click()
  await expect(refused).toBeVisible()
  expect(await nameOf()).toBe('דנה של רוני')
  expect(errors).toEqual([])
  await other.context().close()
})

test('the input about a contact moves to the contact that it was merged into', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const { send } = await owner(page, ownDaemon)
  const add = (display_name: string, number: string) =>
    send<{ id: number }>('POST', '/api/contacts', { display_name, number })
  const [old, kept] = [await add('דנה לוי', '050-987-6544'), await add('דנה', '050-987-6545')]
  await page.goto(`${ownDaemon.url}/app/contacts/${old.id}`)
  await page.getByRole('button', { name: 'הערה', exact: true }).click()
  const note = page.getByLabel('הערה חדשה')
  await note.fill('מעדיפה בקרים')
  await send('POST', `/api/contacts/${kept.id}/merge`, { contact_id: old.id })
  await expect(page).toHaveURL(`${ownDaemon.url}/app/contacts/${kept.id}`)
  await expect(page.locator('.toast')).toContainText(/דנה לוי.* אוחד בינתיים עם/)
  await expect(note).toHaveValue('מעדיפה בקרים')
  await expect(note).toBeFocused()
})
