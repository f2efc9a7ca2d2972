import type { Page } from '@playwright/test'
import { contactOf, type Owner, owner } from './support/api'
import { type Daemon, OWNER } from './support/daemon'
import { expect, inspect, layouts, long, prepare, test, VIEWS } from './support/fixtures'
import { tabTo } from './support/keyboard'
import { visit } from './support/shop'

const DANA = '+972509876543'
const AVI = '+972523334455'

/** Starts a daemon with two contacts who have written. */
async function fill(page: Page, daemon: Daemon): Promise<Owner & { dana: number; avi: number }> {
  await daemon.start()
  await daemon.receive('שלום, אפשר להזמין?', DANA)
  await daemon.receive('Is it open on Friday?', AVI)
  const api = await owner(page, daemon)
  const [dana, avi] = [await contactOf(api, DANA), await contactOf(api, AVI)]
  await api.send('PATCH', `/api/contacts/${dana.id}`, { display_name: 'דנה כהן' })
  await api.send('PATCH', `/api/contacts/${avi.id}`, { display_name: 'Avi L.' })
  return { ...api, dana: dana.id, avi: avi.id }
}

const ZONE = 'Asia/Jerusalem'

/** Books an appointment of an hour, ten days from now. */
async function bookAhead({ send, dana }: Pick<Owner, 'send'> & { dana: number }) {
  const service = await send<{ id: number }>('POST', '/api/services', { name: 'צבע', duration_min: 60 })
  const starts_at = `${new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 11)}10:00:00Z`
  const body = { contact_id: dana, service_id: service.id, starts_at, force: true }
  return send<{ id: number; starts_at: string }>('POST', '/api/appointments', body)
}

for (const view of layouts('desktop')) {
  test(`contacts, card, merge and leads, ${view.language} ${view.width} ${view.scheme}`, async ({
    page,
    ownDaemon,
  }) => {
    test.setTimeout(150_000)
    await prepare(page, view)
    const { dana, avi, send } = await fill(page, ownDaemon)
    const tag = await send<{ id: number }>('POST', '/api/tags', { name: 'לקוח קבוע' })
    await send('PUT', `/api/contacts/${dana}/tags/${tag.id}`)
    const field = await send<{ id: number }>('POST', '/api/custom-fields', { name: 'שם הכלב', kind: 'text' })
    await send('PUT', `/api/contacts/${dana}/fields/${field.id}`, { value: 'רקסי' })
    await send('POST', `/api/contacts/${dana}/notes`, { text: 'אלרגי לעוף' })
    await send('POST', '/api/tasks', { title: 'לחזור עם מחיר', contact_id: dana, due_date: '2026-01-05' })
    await send('POST', '/api/leads', { contact_id: dana, title: 'מנוי חודשי', value_minor: 32000 })
    const { id, starts_at } = await bookAhead({ send, dana })
    await page.goto(`${ownDaemon.url}/app/contacts`)
    await expect(page.locator('tbody tr')).toHaveCount(2)
    await inspect(page, 'contacts', view)
    await page.locator('tbody input').first().click()
    await expect(page.locator('.bulk')).toBeVisible()
    await inspect(page, 'contacts-selected', view)
    await visit(page, `/app/contacts/${dana}`)
    await expect(page.locator('.tlwrap .tl').first()).toBeVisible()
    await expect(page.locator('.lead-line')).toHaveCount(1)
    // The timeline shows when the appointment was booked; the entry itself has the day of the appointment.
    const words = (options: Intl.DateTimeFormatOptions) =>
      new Date(starts_at).toLocaleDateString(view.language === 'he' ? 'he-IL' : 'en-GB', { timeZone: ZONE, ...options })
    const time = (at: string) =>
      new Date(at).toLocaleTimeString('he-IL', { timeZone: ZONE, hour: 'numeric', minute: '2-digit' })
    const booked = page.locator('.tlwrap .fut')
    await expect(booked).toContainText('צבע')
    await expect(booked).toContainText(words({ weekday: 'long' }))
    await expect(booked).toContainText(words({ day: 'numeric', month: 'long' }))
    const next = page.locator('.next-appointment')
    await expect(next).toContainText(words({ day: 'numeric', month: 'long' }))
    await expect(next).toContainText('צבע')
    await inspect(page, 'contact', view)
    await visit(page, `/app/inbox/${dana}`)
    // A phone shows the card of the contact only on its own page.
    const isWide = view.width === 1440
    if (isWide) await expect(next).toContainText(words({ day: 'numeric', month: 'long' }))
    // A move, an opt-out and its end are entries as well, with the times and the user.
    const hebrew = view.language === 'he'
    const to = starts_at.replace('T10:00', 'T12:30')
    await send('PATCH', `/api/appointments/${id}`, { starts_at: to, force: true })
    for (const opted_out of [true, false]) await send('PUT', `/api/contacts/${dana}/opt-out`, { opted_out })
    const moved = page.locator('.event', { hasText: hebrew ? 'התור הוזז' : 'Appointment moved' })
    for (const at of [starts_at, to]) await expect(moved).toContainText(time(at))
    const changes = hebrew
      ? ['שלא נשלחות הודעות', 'שנשלחות שוב הודעות']
      : ['no messages are sent', 'messages are sent again']
    for (const words of changes) await expect(page.locator('.event', { hasText: words })).toContainText(OWNER.name)
    // The cancellation is an entry of its own. Both lead to the appointment.
    await send('POST', `/api/appointments/${id}/cancel`, { reason: 'חולה' })
    const event = page.locator('.event', { hasText: 'חולה' })
    await expect(event).toContainText(view.language === 'he' ? 'התור בוטל' : 'Appointment cancelled')
    await expect(event.getByRole('link')).toHaveAttribute('href', new RegExp(`appointment=${id}$`))
    if (isWide) await expect(next.getByRole('link')).toHaveAttribute('href', `/calendar?new=1&contact=${dana}`)
    await visit(page, `/app/contacts/merge?keep=${dana}&other=${avi}`)
    await expect(page.locator('.merge tbody tr').first()).toBeVisible()
    await inspect(page, 'contact-merge', view)
    await visit(page, '/app/leads')
    await expect(page.locator('.lead')).toHaveCount(1)
    await inspect(page, 'leads', view)
  })
}

test('name, tags, notes, details and tasks change in place, each with undo', async ({ page, ownDaemon }) => {
  test.setTimeout(60_000)
  await prepare(page, VIEWS[0])
  const { dana } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/contacts/${dana}`)
  const undo = () => page.locator('.toast').last().getByRole('button', { name: 'ביטול' })
  await page.getByRole('button', { name: 'שינוי השם' }).click()
  await page.getByRole('textbox', { name: 'שם', exact: true }).fill('דנה לוי')
  await page.keyboard.press('Enter')
  await expect(page.locator('h1')).toContainText('דנה לוי')
  await undo().click()
  await expect(page.locator('h1')).toContainText('דנה כהן')
  await page.getByRole('button', { name: 'תגית' }).click()
  await page.getByRole('textbox', { name: 'שם התגית' }).fill('VIP')
  await page.keyboard.press('Enter')
  await expect(page.locator('.tags-row .chip')).toHaveText('VIP')
  await page.getByRole('button', { name: 'הסרת התגית' }).click()
  await expect(page.locator('.tags-row .chip')).toHaveCount(0)
  await undo().click()
  await expect(page.locator('.tags-row .chip')).toHaveText('VIP')
  await page.getByRole('button', { name: 'הערה', exact: true }).click()
  await page.getByRole('textbox', { name: 'הערה' }).fill('מעדיפה בוקר')
  await page.keyboard.press('Control+Enter')
  await expect(page.locator('.note')).toHaveText('מעדיפה בוקר')
  await page.getByRole('button', { name: 'מחיקת ההערה' }).click()
  await expect(page.locator('.note')).toHaveCount(0)
  await undo().click()
  await expect(page.locator('.note')).toHaveText('מעדיפה בוקר')
  await page.getByRole('textbox', { name: 'משימה חדשה' }).fill('להתקשר')
  await page.keyboard.press('Enter')
  await page.getByRole('checkbox', { name: 'להתקשר, סימון כבוצעה' }).click()
  await expect(page.locator('.task')).toHaveCount(0)
  // The toast of the previous undo may still be visible.
  await expect(page.locator('.toast').last()).toContainText('המשימה בוצעה')
  await undo().click()
  await expect(page.locator('.task')).toHaveCount(1)
})

test('a text that was typed about one contact does not become one about the next', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { dana, avi } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/contacts/${avi}`)
  await expect(page.locator('h1')).toContainText('Avi L.')
  await visit(page, `/app/contacts/${dana}`)
  await expect(page.locator('h1')).toContainText('דנה כהן')
  const task = page.getByRole('textbox', { name: 'משימה חדשה' })
  await task.fill('לשלוח לדנה את ההסכם')
  // The page has the data of both contacts already, so it shows the second one without a pause.
  await visit(page, `/app/contacts/${avi}`)
  await expect(page.locator('h1')).toContainText('Avi L.')
  await expect(task).toHaveValue('')

  const notes = page.locator('.facts section', { hasText: 'כדאי לדעת' })
  for (const [id, name] of [
    [avi, 'Avi L.'],
    [dana, 'דנה כהן'],
  ] as const) {
    await visit(page, `/app/inbox/${id}`)
    await expect(page.locator('.conv h2')).toContainText(name)
    await expect(notes).toBeVisible()
  }
  await notes.getByRole('button', { name: 'הוספה' }).click()
  const note = page.getByRole('textbox', { name: 'הערה חדשה' })
  await note.fill('אלרגית לאגוזים')
  await visit(page, `/app/inbox/${avi}`)
  await expect(page.locator('.conv h2')).toContainText('Avi L.')
  await expect(notes).toBeVisible()
  await expect(note).toHaveCount(0)
})

test('the language of a contact is set with undo, and follows a change elsewhere', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { dana, get, send } = await fill(page, ownDaemon)
  const language = async () => (await get<{ language: string | null }>(`/api/contacts/${dana}`)).language
  await page.goto(`${ownDaemon.url}/app/contacts/${dana}`)
  const choice = page.getByRole('combobox', { name: 'שפה' })
  await expect(choice).toHaveValue('')
  await choice.selectOption('רוסית')
  await expect.poll(language).toBe('ru')
  await page.locator('.toast').last().getByRole('button', { name: 'ביטול' }).click()
  await expect(choice).toHaveValue('')
  await expect.poll(language).toBeNull()
  await send('PATCH', `/api/contacts/${dana}`, { language: 'am' })
  await expect(choice).toHaveValue('am')
  await choice.selectOption('')
  await expect.poll(language).toBeNull()
})

test('a name that another user changes meanwhile is shown beside the own one', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[2])
  const { dana, send } = await fill(page, ownDaemon)
  const dog = await send<{ id: number }>('POST', '/api/custom-fields', { name: 'Dog', kind: 'text' })
  await page.goto(`${ownDaemon.url}/app/contacts/${dana}`)
  await page.getByRole('button', { name: 'Change the name' }).click()
  const field = page.getByRole('textbox', { name: 'Name', exact: true })
  await field.fill('Dana mine')
  // A change of another field is not a conflict with the name.
  await send('PUT', `/api/contacts/${dana}/fields/${dog.id}`, { value: 'Rex' })
  await page.keyboard.press('Enter')
  await expect(page.locator('h1')).toContainText('Dana mine')
  await page.getByRole('button', { name: 'Change the name' }).click()
  await field.fill('Dana mine too')
  await send('PATCH', `/api/contacts/${dana}`, { display_name: 'Dana theirs' })
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).toContainText('Dana theirs')
  await page.getByRole('button', { name: 'Save mine' }).click()
  await expect(page.locator('h1')).toContainText('Dana mine too')
})

test('tags of many contacts, and the undo of exactly that', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { dana, send, get } = await fill(page, ownDaemon)
  const tag = await send<{ id: number }>('POST', '/api/tags', { name: 'קבוע' })
  await send('PUT', `/api/contacts/${dana}/tags/${tag.id}`)
  await page.goto(`${ownDaemon.url}/app/contacts`)
  await page.getByRole('checkbox', { name: 'בחירת כולם' }).click()
  await page.getByRole('button', { name: 'הוספת תגית' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'קבוע' }).click()
  await expect(page.locator('tbody .chip')).toHaveCount(2)
  await page.locator('.toast').getByRole('button', { name: 'ביטול' }).click()
  await expect(page.locator('tbody .chip')).toHaveCount(1)
  const { tags } = await get<{ tags: unknown[] }>(`/api/contacts/${dana}`)
  expect(tags).toHaveLength(1)
})

test('a selection is what the table shows of it, and Escape in its popover keeps it', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { dana, avi, send } = await fill(page, ownDaemon)
  await send('POST', '/api/tags', { name: 'קבוע' })
  await page.goto(`${ownDaemon.url}/app/contacts`)
  await page.getByRole('checkbox', { name: 'בחירת כולם' }).click()
  const bar = page.locator('.bulk')
  await expect(bar).toContainText('נבחרו שני לקוחות')
  await page.getByRole('button', { name: 'הוספת תגית' }).click()
  await expect(page.getByRole('dialog').getByRole('button', { name: 'קבוע' })).toBeVisible()
  await expect(page.locator('[role=dialog]:focus-within')).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(bar).toContainText('נבחרו שני לקוחות')
  // Another user deletes one of the contacts.
  await send('POST', `/api/contacts/${avi}/erase`, { confirm: 'Avi L.' })
  await expect(bar).toContainText('נבחר לקוח אחד')
  const tagged = page.waitForRequest('**/api/contacts/tags')
  await page.getByRole('button', { name: 'הוספת תגית' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'קבוע' }).click()
  expect((await tagged).postDataJSON()).toMatchObject({ contact_ids: [dana] })
  await expect(page.locator('.toast')).toContainText(/לקוח אחד קיבל את ״.*קבוע.*״/)
  // A contact that the filter hides is not part of the selection.
  await page.getByRole('button', { name: 'חסומים' }).click()
  await expect(page.locator('tbody tr')).toHaveCount(0)
  await expect(bar).toHaveCount(0)
})

test('two contacts become one, and two again', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { dana, avi, send, get } = await fill(page, ownDaemon)
  const dog = await send<{ id: number }>('POST', '/api/custom-fields', { name: 'שם הכלב', kind: 'text' })
  await send('PUT', `/api/contacts/${dana}/fields/${dog.id}`, { value: 'רקסי' })
  await send('PUT', `/api/contacts/${avi}/fields/${dog.id}`, { value: 'Bobo' })
  await send('PUT', `/api/contacts/${avi}/opt-out`, { opted_out: true })
  await send('PUT', `/api/contacts/${avi}/relation`, { relation: 'vip' })
  await send('POST', `/api/contacts/${avi}/notes`, { text: 'אלרגי לעוף' })
  const dogOf = async (id: number) =>
    (await get<{ fields: { value: string }[] }>(`/api/contacts/${id}`)).fields.map(({ value }) => value)
  await page.goto(`${ownDaemon.url}/app/contacts/merge?keep=${dana}&other=${avi}`)
  const table = page.locator('.merge')
  await expect(table).toContainText('לא נשלחות לו הודעות')
  await expect(table).toContainText('הערה אחת')
  await expect(table.getByRole('row', { name: 'סוג הקשר' })).toContainText('VIP')
  await expect(page.locator('.merge-result')).toContainText('לא יישלחו הודעות')
  // The value of the first contact stays, unless the user chooses the other one.
  await expect(page.getByRole('radio', { name: 'רקסי' })).toBeChecked()
  await page.getByRole('radio', { name: 'Bobo' }).check()
  await inspect(page, 'merge-choices', VIEWS[0])
  // With the keyboard alone.
  await tabTo(page, page.getByRole('radio', { name: 'דנה כהן' }))
  const other = page.getByRole('radio', { name: 'Avi L.' })
  for (let press = 0; press < 2 && !(await other.isChecked()); press++) await page.keyboard.press('ArrowDown')
  await expect(other).toBeChecked()
  await tabTo(page, page.getByRole('button', { name: 'כן, לאחד' }))
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/app/contacts/${dana}$`))
  await expect(page.locator('h1')).toContainText('Avi L.')
  await expect(page.locator('.num-row', { hasText: '052-333-4455' })).toHaveCount(1)
  await expect.poll(() => dogOf(dana)).toEqual(['Bobo'])
  // On a loaded machine the keys take longer than a toast is shown. It stays while the pointer is on it.
  await page.locator('.toast').hover()
  await tabTo(page, page.locator('.toast').getByRole('button', { name: 'ביטול' }), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await expect(page.locator('h1')).toContainText('דנה כהן')
  await page.goto(`${ownDaemon.url}/app/contacts/${avi}`)
  await expect(page.locator('h1')).toContainText('Avi L.')
  expect([await dogOf(dana), await dogOf(avi)]).toEqual([['רקסי'], ['Bobo']])

  // Later, from the card.
  await page.goto(`${ownDaemon.url}/app/contacts/merge?keep=${dana}&other=${avi}`)
  await page.getByRole('radio', { name: 'Bobo' }).check()
  await page.getByRole('radio', { name: 'Avi L.' }).check()
  await page.getByRole('button', { name: 'כן, לאחד' }).click()
  await expect(page.locator('h1')).toContainText('Avi L.')
  expect(await dogOf(dana)).toEqual(['Bobo'])
  await page.reload()
  await page.getByRole('button', { name: 'ביטול האיחוד' }).first().click()
  await expect.poll(() => dogOf(dana)).toEqual(['רקסי'])
  await page.goto(`${ownDaemon.url}/app/contacts/${dana}`)
  await expect(page.locator('h1')).toContainText('דנה כהן')
})

test('a suggestion that is refused on the page of its link leads to the card', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { dana, avi } = await fill(page, ownDaemon)
  await page.route('**/api/merge-suggestions/*/dismiss', route => route.fulfill({ json: {} }))
  await page.goto(`${ownDaemon.url}/app/contacts/merge?keep=${dana}&other=${avi}&suggestion=1`)
  await page.getByRole('button', { name: 'לא, שני אנשים' }).click()
  await expect(page).toHaveURL(new RegExp(`/app/contacts/${dana}$`))
})

test('a message without words has a link that says what it is', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { dana } = await fill(page, ownDaemon)
  await page.route('**/timeline?*', async route => {
    const response = await route.fetch()
    const body = await response.json()
    for (const { message } of body.items) Object.assign(message ?? {}, { content_text: '', media_kind: 'other' })
    await route.fulfill({ response, json: body })
  })
  await page.goto(`${ownDaemon.url}/app/contacts/${dana}`)
  await expect(page.locator('.said-link')).toHaveText('הודעה')
})

test('a number that is taken leads to its contact', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[3])
  const { dana } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/contacts?new=1`)
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true })).toBeVisible()
  await page.getByRole('textbox', { name: 'Phone' }).fill('050-9876543')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('link', { name: 'To that card' }).click()
  await expect(page).toHaveURL(new RegExp(`/app/contacts/${dana}$`))
})

test('an erase says what remains and until when', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[1])
  const { dana, send, get } = await fill(page, ownDaemon)
  const service = await send<{ id: number }>('POST', '/api/services', { name: 'צבע', duration_min: 60, price_minor: 0 })
  const { slots } = await get<{ slots: { starts_at: string }[] }>(
    `/api/free-slots?service_id=${service.id}&days=7&step_min=60`,
  )
  for (const slot of slots.slice(-2)) {
    await send('POST', '/api/appointments', { contact_id: dana, service_id: service.id, starts_at: slot.starts_at })
  }
  // The daemon's response, with all kinds of remaining copies.
  await page.route('**/erase', async route => {
    const answer = await route.fetch()
    const snapshots = [
      { name: 'b', until: '2026-12-20T00:00:00.000Z' },
      { name: 'a', until: '2026-12-01T00:00:00.000Z' },
      // Snapshots from before an upgrade have no date.
      { name: 'c', until: null },
    ]
    const elsewhere = { in_bucket: true, in_replica: true }
    await route.fulfill({
      json: { ...(await answer.json()), overwritten: false, bridge_pending: true, snapshots, ...elsewhere },
    })
  })
  await page.goto(`${ownDaemon.url}/app/contacts/${dana}`)
  await page.getByRole('button', { name: 'מחיקת כל המידע' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('שני תורים עתידיים יימחקו מהיומן')
  const erase = dialog.getByRole('button', { name: 'למחוק לתמיד' })
  const color = () => erase.evaluate(button => getComputedStyle(button).backgroundColor)
  const disabled = await color()
  await expect(erase).toBeDisabled()
  await dialog.getByRole('textbox').fill('דנה כהן')
  await expect.poll(color).not.toBe(disabled)
  await erase.click()
  // The event of the deletion removes the contact, but the report of the deletion stays.
  const main = page.getByRole('main')
  await expect(main.getByRole('listitem')).toHaveCount(6)
  await expect(main).toContainText('שני תורים עתידיים נמחקו מהיומן')
  await expect(main).toContainText('היא לא ענתה')
  await expect(main).toContainText('הוא יידרס לבד')
  await expect(main).toContainText('בשני עותקי גיבוי, עד 20 בדצמבר.')
  await expect(main).toContainText('בעותק אחד שנוצר ידנית, או לפני עדכון או שחזור, עד שיימחק.')
  await expect(main).toContainText('לאחסון מחוץ למכונה')
  await expect(main).toContainText('Litestream')
  await inspect(page, 'contact-erased', VIEWS[1])
  await main.getByRole('link', { name: 'לכל הלקוחות' }).click()
  await expect(page.locator('tbody tr')).toHaveCount(1)
})

test('an undo of a merge before a later one says which comes first', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { dana, avi, send } = await fill(page, ownDaemon)
  const gal = await send<{ id: number }>('POST', '/api/contacts', { display_name: 'גל', number: '052-700-0001' })
  await send('POST', `/api/contacts/${dana}/merge`, { contact_id: avi })
  await send('POST', `/api/contacts/${dana}/merge`, { contact_id: gal.id })
  await page.goto(`${ownDaemon.url}/app/contacts/${dana}`)
  const first = page.locator('.num-row', { hasText: 'Avi L.' })
  await first.getByRole('button', { name: 'ביטול האיחוד' }).click()
  await expect(page.locator('.toast.error')).toContainText('צריך לבטל קודם אותו')
})

test('the buttons of a contact have space beside their texts on a phone in English', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[3])
  const { dana } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/contacts/${dana}`)
  const buttons = page.locator('.id .acts .btn')
  await expect(buttons).toHaveCount(3)
  for (const width of [390, 360]) {
    await page.setViewportSize({ width, height: 800 })
    for (const button of await buttons.all()) {
      const space = await button.evaluate(box => {
        const range = document.createRange()
        range.selectNodeContents(box)
        const [text, { left, right }] = [range.getBoundingClientRect(), box.getBoundingClientRect()]
        return Math.min(text.left - left, right - text.right)
      })
      expect(space, `${await button.textContent()} at ${width} px`).toBeGreaterThanOrEqual(width === 390 ? 10 : 7.5)
    }
  }
})

test('a contact is blocked and unblocked, and is found by the filter', long, async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { dana } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/contacts/${dana}`)
  const block = page.getByRole('switch', { name: 'לחסום את הלקוח' })
  await block.click()
  await expect(page.locator('.toast').last()).toContainText('הלקוח נחסם')
  await ownDaemon.receive('עוד הצעה!', DANA)
  await ownDaemon.call(['--from', DANA]).catch(() => undefined)
  await page.goto(`${ownDaemon.url}/app/inbox`)
  await expect(page.locator('.thread', { hasText: 'Avi' })).toBeVisible()
  await expect(page.locator('.thread', { hasText: 'דנה כהן' })).toHaveCount(0)
  await page.goto(`${ownDaemon.url}/app/inbox/${dana}`)
  await expect(page.getByText('עוד הצעה!').first()).toBeVisible()
  await expect(page.getByText('שיחה שנחסמה')).toBeVisible()
  await page.locator('header').getByRole('link', { name: 'חסום' }).click()
  await expect(block).toBeChecked()
  await page.goto(`${ownDaemon.url}/app/contacts`)
  await expect(page.locator('tbody tr')).toHaveCount(2)
  await page.getByRole('button', { name: 'חסומים' }).click()
  await expect(page.locator('tbody tr')).toHaveCount(1)
  await expect(page.locator('tbody tr')).toContainText('דנה כהן')
  await page.locator('tbody a').click()
  await block.click()
  await page.locator('.toast').last().getByRole('button', { name: 'ביטול' }).click()
  await expect(block).toBeChecked()
  await block.click()
  await expect(page.locator('.toast').last()).toContainText('החסימה הוסרה')
  await page.goto(`${ownDaemon.url}/app/inbox`)
  await expect(page.locator('.thread', { hasText: 'דנה כהן' })).toBeVisible()
})

for (const view of layouts('phone')) {
  test(
    `a contact is marked as VIP or staff, ${view.language} ${view.width} ${view.scheme}`,
    long,
    async ({ page, ownDaemon }) => {
      const he = view.language === 'he'
      await prepare(page, view)
      const { dana } = await fill(page, ownDaemon)
      await page.goto(`${ownDaemon.url}/app/contacts/${dana}`)
      const relation = page.getByLabel(he ? 'סוג הקשר' : 'Relation', { exact: true })
      await relation.selectOption('vip')
      await expect(page.locator('.toast').last()).toContainText(he ? 'סומן כ־VIP' : 'Marked as VIP')
      await inspect(page, 'contact-vip', view)
      await relation.selectOption('staff')
      await expect(page.locator('.toast').last()).toContainText(he ? 'סומן כאיש צוות' : 'Marked as staff')
      await page
        .locator('.toast')
        .last()
        .getByRole('button', { name: he ? 'ביטול' : 'Undo' })
        .click()
      await expect(relation).toHaveValue('vip')
      await page.goto(`${ownDaemon.url}/app/inbox/${dana}`)
      await expect(page.locator('header').getByRole('link', { name: 'VIP' })).toBeVisible()
      await page.goto(`${ownDaemon.url}/app/contacts`)
      await page.getByRole('button', { name: 'VIP', exact: true }).click()
      await expect(page.locator('tbody tr')).toHaveCount(1)
      await expect(page.locator('tbody tr')).toContainText('VIP')
      await inspect(page, 'contacts-vip', view)
      await page.getByRole('button', { name: he ? 'צוות' : 'Staff', exact: true }).click()
      await expect(page.locator('tbody tr')).toHaveCount(0)
    },
  )
}

for (const view of layouts('phone')) {
  test(`numbers of a contact, ${view.language} ${view.width} ${view.scheme}`, long, async ({ page, ownDaemon }) => {
    await prepare(page, view)
    await ownDaemon.start()
    await ownDaemon.receive('שלום', '+972509876543', 'דנה כהן')
    await ownDaemon.receive('היי', '+972523334455', 'אבי לוי')
    const api = await owner(page, ownDaemon)
    const [dana, avi] = [await contactOf(api, '+972509876543'), await contactOf(api, '+972523334455')]
    const numbers = async () =>
      (await api.get<{ addresses: { kind: string; value: string }[] }>(`/api/contacts/${dana.id}`)).addresses.flatMap(
        ({ kind, value }) => (kind === 'phone' ? value : []),
      )
    await page.goto(`${ownDaemon.url}/app/contacts/${dana.id}`)
    const he = view.language === 'he'
    const field = page.locator('.number-form input')
    const save = page.locator('.number-form button[type=submit]')
    const undo = page.locator('.toast .undo, .toast button').last()
    await page.getByRole('button', { name: he ? 'הוספת מספר' : 'Add a number' }).click()
    await expect(field).toBeFocused()
    await field.fill('12')
    await save.click()
    await expect(page.locator('.number-form .err')).toBeVisible()
    // A number of another contact is not moved: the form offers to merge the two contacts.
    await field.fill('052-333-4455')
    await save.click()
    const merge = page.locator(`.number-form a[href="/app/contacts/merge?keep=${dana.id}&other=${avi.id}"]`)
    await expect(merge).toBeVisible()
    await inspect(page, 'number-taken', view)
    await field.fill('03-765-4321')
    await save.click()
    await expect(page.locator('.num-row')).toHaveCount(2)
    expect(await numbers()).toEqual(['+972509876543', '+97237654321'])
    await inspect(page, 'numbers', view)

    // The number is corrected, and the undo restores the old one.
    const row = page.locator('.num-row', { hasText: '03-765-4321' })
    await row.getByRole('button').first().click()
    await field.fill('03-765-4322')
    await save.click()
    await expect(page.locator('.num-row', { hasText: '03-765-4322' })).toBeVisible()
    await undo.click()
    await expect(row).toBeVisible()
    await expect.poll(numbers).toEqual(['+972509876543', '+97237654321'])

    // The new number is the main one; another is chosen, and the undo restores the choice.
    const first = page.locator('.num-row', { hasText: '050-987-6543' })
    const main = he ? 'ראשי' : 'Main'
    await expect(row).toContainText(main)
    await first.getByRole('button', { name: he ? /: המספר הראשי/ : /: main number/ }).click()
    await expect(first).toContainText(main)
    await expect(row).not.toContainText(main)
    await undo.click()
    await expect(row).toContainText(main)

    // The number is removed, and the undo restores it at its position. The last number cannot be removed.
    await first.getByRole('button').last().click()
    await expect(first).toHaveCount(0)
    await undo.click()
    await expect(first).toBeVisible()
    await expect.poll(numbers).toEqual(['+972509876543', '+97237654321'])
    await row.getByRole('button').last().click()
    await expect(row).toHaveCount(0)
    await first.getByRole('button').last().click()
    await expect(page.locator('.toast').last()).toContainText(he ? 'המספר האחרון' : 'last number')
    expect(await numbers()).toEqual(['+972509876543'])
  })
}

test('a long tag leaves the other filters on the screen', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[1])
  const { send } = await owner(page, ownDaemon)
  const contact = await send<{ id: number }>('POST', '/api/contacts', { display_name: 'דנה', number: '050-987-6543' })
  const tag = await send<{ id: number }>('POST', '/api/tags', { name: 'ארוכה '.repeat(33).trim() })
  await send('PUT', `/api/contacts/${contact.id}/tags/${tag.id}`)
  await page.goto(`${ownDaemon.url}/app/contacts`)
  const filters = page.getByRole('group', { name: 'סינון' })
  await expect(filters.getByRole('button', { name: 'חסומים' })).toBeInViewport({ ratio: 1 })
  const box = await filters.getByRole('button', { name: /ארוכה/ }).boundingBox()
  expect(box?.width).toBeLessThan(300)
})

test('a detail that was not saved stays in its editor, with the reason', long, async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום', '+972509876543', 'דנה כהן')
  await prepare(page, VIEWS[0])
  const { get, send } = await owner(page, ownDaemon)
  const [contact] = (await get<{ items: { id: number }[] }>('/api/contacts')).items
  await send('POST', '/api/custom-fields', { name: 'כתובת', kind: 'text' })
  await page.goto(`${ownDaemon.url}/app/contacts/${contact?.id}`)
  await page.route('**/fields/*', route => route.abort())
  await page.getByRole('button', { name: 'הוספת כתובת' }).click()
  const address = page.getByRole('textbox', { name: 'כתובת' })
  await address.fill('הרצל 48')
  await address.press('Enter')
  await expect(page.locator('.edit .err')).toContainText('אין חיבור למכונה')
  await expect(address).toHaveValue('הרצל 48')
  await expect(page.locator('.toast')).toHaveCount(0)
  await inspect(page, 'contact-field-failed', { ...VIEWS[0], also: VIEWS[2] })
  await page.unroute('**/fields/*')
  await address.press('Enter')
  await expect(page.getByRole('button', { name: 'הרצל 48' })).toBeVisible()
  await expect(page.locator('.toast')).toContainText('נשמר')
  await page.reload()
  await expect(page.getByRole('button', { name: 'הרצל 48' })).toBeVisible()
})

test('the arrow keys go through the choices of a field, and Enter saves', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  await ownDaemon.receive('שלום', '+972509876543', 'דנה כהן')
  const { send, get } = await owner(page, ownDaemon)
  const { id } = await contactOf({ send, get }, '+972509876543')
  await send('POST', '/api/custom-fields', { name: 'סניף', kind: 'choice', choices: ['צפון', 'מרכז', 'דרום'] })
  const value = async () => (await get<{ fields: { value: string }[] }>(`/api/contacts/${id}`)).fields[0]?.value
  await page.goto(`${ownDaemon.url}/app/contacts/${id}`)
  const field = page.getByRole('combobox', { name: 'סניף' })
  await page.getByRole('button', { name: 'הוספת סניף' }).click()
  await field.press('ArrowDown')
  await field.press('ArrowDown')
  await expect(field).toHaveValue('מרכז')
  expect(await value()).toBeUndefined()
  await field.press('Enter')
  await expect(field).toHaveCount(0)
  await expect.poll(value).toBe('מרכז')
  await page.getByRole('button', { name: 'מרכז' }).click()
  await field.press('ArrowDown')
  await field.press('Escape')
  await expect(field).toHaveCount(0)
  expect(await value()).toBe('מרכז')
  await page.getByRole('button', { name: 'מרכז' }).click()
  await field.selectOption('צפון')
  await expect.poll(value).toBe('צפון')
})

test('a printed list has all its rows, and nothing to press', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  const { send } = await owner(page, ownDaemon)
  for (let at = 0; at < 30; at++) await send('POST', '/api/tasks', { title: `משימה ${at}` })
  await page.goto(`${ownDaemon.url}/app/tasks`)
  await expect(page.locator('.task')).toHaveCount(30)
  await page.emulateMedia({ media: 'print' })
  await expect(page.locator('.rail')).toBeHidden()
  await expect(page.locator('.new-task')).toBeHidden()
  const [last, height] = await page.evaluate(() => [
    (document.querySelector('main')?.getBoundingClientRect().bottom ?? 0) + scrollY,
    document.documentElement.scrollHeight,
  ])
  expect(last).toBeGreaterThan(1000)
  expect(height).toBeGreaterThanOrEqual(Math.floor(last ?? 0))
})

test('the arrow keys choose the contact of a merge', async ({ page, ownDaemon }) => {
  const { dana, avi } = await fill(page, ownDaemon)
  await prepare(page, VIEWS[0])
  await page.goto(`${ownDaemon.url}/app/contacts/merge?keep=${dana}`)
  const field = page.getByRole('combobox', { name: 'חיפוש לקוח' })
  await expect(page.getByRole('option').first()).toBeVisible()
  await field.press('ArrowDown')
  await expect(page.getByRole('option').first()).toHaveAttribute('aria-selected', 'true')
  await field.fill('avi')
  await field.press('Enter')
  await expect.poll(() => new URL(page.url()).searchParams.get('other')).toBe(String(avi))
})

test(
  'all contacts that match the filter are selected, also those that were not loaded',
  long,
  async ({ page, ownDaemon }) => {
    test.slow()
    await ownDaemon.start()
    await prepare(page, VIEWS[0])
    const { send, get } = await owner(page, ownDaemon)
    for (let at = 0; at < 120; at++) {
      await send('POST', '/api/contacts', { display_name: `לקוח ${at}`, number: `050-987-${6000 + at}` })
    }
    const tag = await send<{ id: number }>('POST', '/api/tags', { name: 'מבצע' })
    await page.goto(`${ownDaemon.url}/app/contacts`)
    await page.getByRole('checkbox', { name: 'בחירת כל מי שנטענו' }).click()
    const note = page.locator('.select-all')
    await expect(note).toContainText('נבחרו רק 50 הלקוחות שנטענו')
    // Stopped before the next page has arrived, the selection stays.
    let isHeld = true
    await page.route('**/api/contacts?*cursor=*', async route => {
      await expect.poll(() => isHeld).toBe(false)
      await route.continue().catch(() => undefined)
    })
    const all = note.getByRole('button', { name: 'לבחור את כל הלקוחות' })
    await all.click()
    await expect(note).toContainText('נטענו 50 לקוחות')
    await note.getByRole('button', { name: 'עצירה' }).click()
    await expect(page.locator('.bulk')).toContainText('נבחרו 50 לקוחות')
    isHeld = false
    await page.reload()
    await page.getByRole('checkbox', { name: 'בחירת כל מי שנטענו' }).click()
    await inspect(page, 'contacts-select-all', VIEWS[0])
    await all.click()
    await expect(page.locator('.bulk')).toContainText('נבחרו 120 לקוחות')
    await expect(note).toHaveCount(0)
    const tagged = async () =>
      (await get<{ items: { id: number; contact_count: number }[] }>('/api/tags')).items.find(({ id }) => id === tag.id)
        ?.contact_count
    await page.getByRole('button', { name: 'הוספת תגית' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'מבצע' }).click()
    await expect.poll(tagged).toBe(120)
    await page.locator('.toast').getByRole('button', { name: 'ביטול' }).click()
    await expect.poll(tagged).toBe(0)
  },
)
