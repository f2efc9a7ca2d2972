import type { Locator, Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import { expect, inspectAll, long, prepare, show, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'

interface Item {
  id: number
}

const kept = (page: Page) => page.locator('.kept-input')
const KEPT = 'ועוד לא נשמר'

/** Fills a form, reloads, opens it again, and expects the same input with a notice. */
async function survives(page: Page, open: () => Promise<void>, field: Locator, text: string): Promise<void> {
  await field.fill(text)
  await page.reload()
  await open()
  await expect(field).toHaveValue(text)
  await expect(kept(page)).toContainText(KEPT)
}

test(
  'the forms of lists keep what was typed over a reload, and open again by themselves',
  long,
  async ({ page, ownDaemon }) => {
    test.slow()
    await ownDaemon.start()
    await prepare(page, VIEWS[0])
    const { send, get } = await owner(page, ownDaemon)
    const fact = await send<Item>('POST', '/api/facts', { topic: 'חניה', text: 'מאחור' })
    await page.goto(`${ownDaemon.url}/app/settings/facts`)
    const text = page.getByLabel('מה להגיד')
    const stays = async () => undefined

    // A new fact: saved, so nothing remains.
    await page.getByRole('button', { name: 'עובדה חדשה' }).click()
    await page.getByLabel('נושא').fill('כתובת')
    await survives(page, stays, text, 'הרצל 48')
    await inspectAll(page, 'fact-kept')
    await show(page, VIEWS[0])
    await page.getByRole('button', { name: 'שמירה' }).click()
    await expect(text).toHaveCount(0)
    await page.reload()
    await expect(page.getByRole('button', { name: 'עובדה חדשה' })).toBeVisible()
    await expect(kept(page)).toHaveCount(0)

    // The edit of a fact: another page is opened, and the form is discarded at the return.
    await page.getByRole('button', { name: /חניה/ }).click()
    await text.fill('מלפנים')
    await page.locator('.rail a[href="/app/inbox"]').click()
    // The form stays until the code of the inbox has arrived.
    await expect(text).toHaveCount(0)
    await page.goBack()
    await expect(text).toHaveValue('מלפנים')
    await kept(page).getByRole('button', { name: 'למחוק' }).click()
    await expect(text).toHaveCount(0)
    await page.reload()
    await page.getByRole('button', { name: /חניה/ }).click()
    await expect(text).toHaveValue('מאחור')
    await expect(kept(page)).toHaveCount(0)

    // Kept input does not overwrite what another user saved meanwhile.
    await text.fill('בחניון')
    await page.goto(`${ownDaemon.url}/app/today`)
    await send('PATCH', `/api/facts/${fact.id}`, { topic: 'חניה', text: 'ברחוב' })
    await page.goto(`${ownDaemon.url}/app/settings/facts`)
    await expect(text).toHaveValue('בחניון')
    await page.getByRole('button', { name: 'שמירה' }).click()
    await expect(page.getByText('ברחוב')).toBeVisible()
    const { items } = await get<{ items: { text: string }[] }>('/api/facts')
    expect(items.map(({ text }) => text)).toContain('ברחוב')

    await page.goto(`${ownDaemon.url}/app/settings/services`)
    await page.getByRole('button', { name: 'שירות חדש' }).first().click()
    await survives(page, stays, page.getByLabel('שם השירות'), 'צבע')
    await page.getByRole('button', { name: 'ביטול', exact: true }).click()
    await page.reload()
    await expect(page.getByRole('button', { name: 'שירות חדש' }).first()).toBeVisible()
    await expect(page.getByLabel('שם השירות')).toHaveCount(0)
  },
)

test('the forms about a contact keep what was typed over a reload', async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  await ownDaemon.receive('שלום', NOA, 'נועה ברק')
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, NOA)
  await page.goto(`${ownDaemon.url}/app/contacts/${id}`)

  await page.getByRole('button', { name: 'הערה', exact: true }).click()
  const note = page.getByRole('textbox', { name: 'הערה' })
  await survives(page, async () => undefined, note, 'אלרגית לעמוניה')
  // The same note is open beside the conversation.
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  await expect(page.getByRole('textbox', { name: 'הערה חדשה' })).toHaveValue('אלרגית לעמוניה')
  await page.locator('.side').getByRole('button', { name: 'שמירה' }).click()
  await expect(page.locator('.note-entry')).toContainText('אלרגית לעמוניה')
  await page.goto(`${ownDaemon.url}/app/contacts/${id}`)
  await expect(page.locator('.tlwrap')).toContainText('אלרגית לעמוניה')
  await expect(note).toHaveCount(0)

  const lead = page.getByRole('textbox', { name: 'ליד חדש' })
  await lead.fill('צבע ותספורת')
  const task = page.getByRole('textbox', { name: 'משימה חדשה' })
  await task.fill('לשלוח מחיר')
  await page.reload()
  await expect(lead).toHaveValue('צבע ותספורת')
  await expect(task).toHaveValue('לשלוח מחיר')
  await task.press('Enter')
  await expect(task).toHaveValue('')
  await page.reload()
  await expect(lead).toHaveValue('צבע ותספורת')
  await expect(task).toHaveValue('')

  await page.goto(`${ownDaemon.url}/app/tasks`)
  const line = page.getByRole('textbox', { name: 'משימה חדשה' })
  await line.fill('להזמין צבע מחר')
  await page.reload()
  await expect(line).toHaveValue('להזמין צבע מחר')

  await page.goto(`${ownDaemon.url}/app/contacts?new=1`)
  const name = page.getByRole('dialog').getByLabel('שם')
  await survives(page, async () => undefined, name, 'דנה')
  await page.getByRole('dialog').getByRole('button', { name: 'ביטול' }).click()
  await page.goto(`${ownDaemon.url}/app/contacts?new=1`)
  await expect(name).toHaveValue('')
})

test(
  'a booking, an entry of the waiting list and a saved reply keep what was typed',
  long,
  async ({ page, ownDaemon }) => {
    test.slow()
    await ownDaemon.start()
    await ownDaemon.receive('שלום', NOA, 'נועה ברק')
    await prepare(page, VIEWS[0])
    const api = await owner(page, ownDaemon)
    const { id } = await contactOf(api, NOA)
    await api.send('POST', '/api/services', { name: 'צבע', duration_min: 60 })
    await page.goto(`${ownDaemon.url}/calendar?new=1`)
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('combobox').first().fill('נועה')
    await dialog.locator('.pick').first().click()
    await survives(page, async () => undefined, dialog.getByLabel('הערה'), 'קצר מאחור')
    await expect(dialog.locator('.picked')).toContainText('נועה')
    // The question says that the input is deleted.
    await page.keyboard.press('Escape')
    await dialog.getByRole('button', { name: 'לסגור' }).click()
    await page.goto(`${ownDaemon.url}/calendar?new=1`)
    await expect(dialog.getByRole('combobox').first()).toBeVisible()
    await expect(kept(page)).toHaveCount(0)

    await page.goto(`${ownDaemon.url}/calendar?waiting=1`)
    const add = page.getByRole('button', { name: 'הוספה לרשימה' })
    await add.click()
    await survives(page, () => add.click(), dialog.getByLabel('הערה'), 'רק בבוקר')

    await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
    const field = page.locator('.write textarea')
    const manage = async () => {
      await field.fill('/')
      await page.locator('.replies .foot button').click()
    }
    await manage()
    await survives(page, manage, dialog.getByLabel('התשובה'), 'אנחנו פתוחים עד 18:00')
    await dialog.getByLabel('שם קצר').fill('שעות')
    await dialog.getByRole('button', { name: 'הוספה' }).click()
    await expect(dialog.getByLabel('התשובה')).toHaveValue('')
    await page.reload()
    await manage()
    await expect(dialog.getByLabel('התשובה')).toHaveValue('')
    await expect(kept(page)).toHaveCount(0)
  },
)

test(
  'the forms of staff and of closures keep what was typed, and open again by themselves',
  long,
  async ({ page, ownDaemon }) => {
    test.slow()
    await ownDaemon.start()
    await prepare(page, VIEWS[0])
    const { send } = await owner(page, ownDaemon)
    await send('PUT', '/api/opening-hours', { hours: [], holidays: 'closed', eves: 'closed' })
    const { id } = await send<Item>('POST', '/api/resources', { name: 'יעל' })
    const stays = async () => undefined
    const save = page.getByRole('button', { name: 'שמירה', exact: true })
    const name = page.getByLabel('שם', { exact: true })

    await page.goto(`${ownDaemon.url}/app/settings/resources`)
    await page.getByRole('button', { name: 'הוספה' }).click()
    await page.getByRole('radio', { name: 'עמדה או חדר' }).click()
    await survives(page, stays, name, 'חדר טיפולים')
    await expect(page.getByRole('radio', { name: 'עמדה או חדר' })).toBeChecked()
    await inspectAll(page, 'resource-kept')
    await show(page, VIEWS[0])
    await save.click()
    await expect(name).toHaveCount(0)

    // The hours have a request of their own.
    await page.getByRole('button', { name: 'יעל' }).click()
    await page.getByRole('radio', { name: 'שעות משלו' }).click()
    await page.getByRole('button', { name: 'סגור. לפתוח ביום הזה' }).nth(1).click()
    await survives(page, stays, page.getByLabel('יום שני, משעה'), '7:30')
    await expect(name).toHaveValue('יעל')
    await save.click()
    await expect(name).toHaveCount(0)
    await page.reload()
    await page.getByRole('button', { name: 'יעל' }).click()
    await expect(page.getByLabel('יום שני, משעה')).toHaveValue('7:30')
    await expect(kept(page)).toHaveCount(0)
    // What another user saves meanwhile is not overwritten.
    await page.getByLabel('יום שני, משעה').fill('6:30')
    await name.fill('יעל כהן')
    await page.goto(`${ownDaemon.url}/app/today`)
    await send('PATCH', `/api/resources/${id}`, { name: 'יעל לוי' })
    await page.goto(`${ownDaemon.url}/app/settings/resources`)
    await expect(page.getByLabel('יום שני, משעה')).toHaveValue('6:30')
    await save.click()
    await expect(page.locator('.edit-form')).toContainText('יעל לוי')
    await expect(name).toHaveValue('יעל כהן')
    await kept(page).getByRole('button', { name: 'למחוק' }).click()
    await page.reload()
    await expect(page.getByRole('button', { name: 'יעל לוי' })).toBeVisible()
    await expect(name).toHaveCount(0)

    await page.goto(`${ownDaemon.url}/app/settings/hours`)
    const closure = page.getByRole('form', { name: 'סגור מיוחד' })
    await page.getByRole('button', { name: 'הוספה' }).click()
    await closure.getByLabel('מיום').fill('24.12.2030')
    await closure.getByRole('radio', { name: 'יעל לוי' }).click()
    await survives(page, stays, closure.getByLabel('סיבה'), 'חופשה')
    await expect(closure.getByRole('radio', { name: 'יעל לוי' })).toBeChecked()
    // The resource is removed meanwhile: the closure must not become that of the whole business.
    await send('DELETE', `/api/resources/${id}`)
    await page.reload()
    await expect(closure.getByLabel('סיבה')).toHaveValue('חופשה')
    await expect(closure.getByRole('radio', { name: 'יעל לוי' })).toHaveCount(0)
    await expect(save.last()).toBeDisabled()
    await closure.getByRole('radio', { name: 'כל העסק' }).click()
    await save.last().click()
    await expect(closure).toHaveCount(0)
    await page.reload()
    await expect(page.getByText('חופשה', { exact: true })).toBeVisible()
    await expect(closure).toHaveCount(0)
  },
)

test(
  'input for an item that was deleted meanwhile is shown until it is dismissed, and blocks no form',
  long,
  async ({ page, ownDaemon }) => {
    test.slow()
    await ownDaemon.start()
    await prepare(page, VIEWS[0])
    const { send } = await owner(page, ownDaemon)
    const lost = page.getByRole('status').filter({ hasText: 'השינויים לא נשמרו' })
    /** Leaves the form of an item without saving, deletes the item, and returns. */
    const loses = async (path: string, item: string, field: Locator, text: string, remove: string) => {
      await page.goto(`${ownDaemon.url}/app/settings/${path}`)
      await page.getByRole('button', { name: item }).first().click()
      await field.fill(text)
      await page.goto(`${ownDaemon.url}/app/today`)
      await expect(page.locator('h1')).toBeVisible()
      await send('DELETE', remove)
      await page.goto(`${ownDaemon.url}/app/settings/${path}`)
      await expect(lost).toContainText(text)
      await expect(kept(page)).toHaveCount(0)
    }
    const parking = await send<Item>('POST', '/api/facts', { topic: 'חניה', text: 'מאחור' })
    await send('POST', '/api/facts', { topic: 'כתובת', text: 'הרצל 48' })
    const text = page.getByLabel('מה להגיד')
    await loses('facts', 'חניה', text, 'בחניון של הקניון', `/api/facts/${parking.id}`)
    await inspectAll(page, 'fact-lost')
    await show(page, VIEWS[0])
    await lost.getByRole('button').click()
    await expect(lost).toHaveCount(0)
    // Another form opens again by itself after a reload.
    await page.getByRole('button', { name: 'כתובת' }).click()
    await survives(page, async () => undefined, text, 'הרצל 50')
    await expect(lost).toHaveCount(0)

    const color = await send<Item>('POST', '/api/services', { name: 'צבע', duration_min: 60 })
    await loses('services', 'צבע', page.getByLabel('שם השירות'), 'צבע מלא', `/api/services/${color.id}`)
    await send('POST', '/api/resources', { name: 'מיכל' })
    const yael = await send<Item>('POST', '/api/resources', { name: 'יעל' })
    await loses('resources', 'יעל', page.getByLabel('שם', { exact: true }), 'יעל כהן', `/api/resources/${yael.id}`)
  },
)

test('after kept input was deleted, the focus is in the form or where it was', long, async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום', NOA, 'נועה ברק')
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, NOA)
  await api.send('POST', '/api/facts', { topic: 'כתובת', text: 'הרצל 48' })
  await api.send('POST', '/api/facts', { topic: 'חניה', text: 'מאחור' })
  await api.send('POST', '/api/tasks', { title: 'להתקשר' })
  await api.send('POST', '/api/tasks', { title: 'להזמין צבע' })
  const stays = async () => undefined
  const drop = kept(page).getByRole('button', { name: 'למחוק' })

  // The form stays open.
  const dialog = page.getByRole('dialog')
  await page.goto(`${ownDaemon.url}/app/contacts?new=1`)
  await survives(page, stays, dialog.getByLabel('שם'), 'דנה')
  await drop.press('Enter')
  await expect(dialog.getByLabel('שם')).toBeFocused()
  await expect(dialog.getByLabel('שם')).toHaveValue('')

  // The form becomes a row again.
  await page.goto(`${ownDaemon.url}/app/settings/facts`)
  await page.getByRole('button', { name: 'חניה' }).click()
  await survives(page, stays, page.getByLabel('מה להגיד'), 'מלפנים')
  await drop.press('Enter')
  await expect(page.getByRole('button', { name: 'חניה' })).toBeFocused()
  // The form of a new item closes.
  await page.getByRole('button', { name: 'עובדה חדשה' }).click()
  await survives(page, stays, page.getByLabel('מה להגיד'), 'מלפנים')
  await drop.press('Enter')
  await expect(page.getByRole('button', { name: 'עובדה חדשה' })).toBeFocused()

  // The row of the list is another element.
  await page.goto(`${ownDaemon.url}/app/tasks`)
  const task = page.locator('.task', { hasText: 'להזמין צבע' })
  const edit = async () => task.getByRole('button', { name: 'להזמין צבע' }).click()
  await edit()
  await survives(page, edit, page.getByRole('textbox', { name: 'המשימה', exact: true }), 'להזמין שמפו')
  await drop.press('Enter')
  await expect(task.locator(':focus')).toHaveCount(1)

  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  const side = page.locator('.side')
  const add = side.locator('section', { hasText: 'כדאי לדעת' }).getByRole('button', { name: 'הוספה' })
  await add.click()
  await survives(page, stays, page.getByRole('textbox', { name: 'הערה חדשה' }), 'אלרגית')
  await drop.press('Enter')
  await expect(add).toBeFocused()
})

test('Escape keeps the input of a note, a task and a lead, and the focus on what was edited', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום', '+972501112233', 'נועה ברק')
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  const { id: noa } = await contactOf(api, '+972501112233')
  const task = await api.send<Item>('POST', '/api/tasks', { title: 'להתקשר לספק' })
  await api.send('POST', '/api/leads', { contact_id: noa, title: 'צבע' })
  const stays = async () => undefined
  const keeps = async (open: () => Promise<void>, reopen: () => Promise<void>, field: Locator, text: string) => {
    await open()
    await field.fill(text)
    await page.keyboard.press('Escape')
    await expect(field).toHaveCount(0)
    await page.reload()
    await reopen()
    await expect(field).toHaveValue(text)
    await expect(kept(page)).toBeVisible()
  }

  await page.goto(`${ownDaemon.url}/app/tasks`)
  const words = page.getByRole('button', { name: 'להתקשר לספק' })
  const title = page.getByRole('textbox', { name: 'המשימה', exact: true })
  await keeps(
    () => words.click(),
    () => words.click(),
    title,
    'להתקשר לספק הצבע',
  )
  await title.press('Escape')
  await expect(words).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(title).toBeVisible()
  expect(await api.get(`/api/tasks/${task.id}`)).toMatchObject({ title: 'להתקשר לספק', done_at: null })

  await page.goto(`${ownDaemon.url}/app/contacts/${noa}`)
  const note = page.getByRole('textbox', { name: 'הערה חדשה' })
  await keeps(() => page.getByRole('button', { name: 'הערה', exact: true }).click(), stays, note, 'אלרגית לאגוזים')

  await page.goto(`${ownDaemon.url}/app/leads`)
  const lead = page.getByLabel('מה רוצים לקנות')
  const edit = async () => {
    await page.getByRole('button', { name: 'העברה או שינוי של צבע' }).click()
    await page.getByRole('menuitem', { name: 'שינוי הכותרת או הסכום' }).click()
  }
  await keeps(edit, stays, lead, 'צבע וגוונים')
})
