import { contactOf, owner } from './support/api'
import { alone, expect, inspect, layouts, logIn, long, prepare, test, VIEWS } from './support/fixtures'

const FROM = '972527614408'

for (const view of layouts('phone')) {
  const he = view.language === 'he'
  test(`saved replies, later, files, tasks and notes, ${view.language} ${view.width}`, async ({ page, ownDaemon }) => {
    await ownDaemon.start()
    await prepare(page, view)
    await logIn(page, ownDaemon)
    await page.goto(`${ownDaemon.url}/app/inbox`)
    const received = await page.request.post(`${ownDaemon.url}/webhook/whatsapp/baileys`, {
      headers: { 'X-BAILEYS-SECRET': 'a-secret-for-the-tests-of-the-page' },
      data: { from: FROM, text: 'בוקר טוב', provider_msg_id: 'A1', push_name: 'נועה ברק' },
    })
    expect(received.status()).toBe(204)
    await page.locator('.thread').click()
    const field = page.locator('.write textarea')

    // Creates a saved reply, and uses it.
    await field.fill('/')
    await page.getByRole('button', { name: he ? 'עריכת הרשימה' : 'Edit the list' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(he ? 'שם קצר' : 'Short name').fill('שעות')
    await dialog.getByLabel(he ? 'התשובה' : 'The reply', { exact: true }).fill('פתוח א׳–ה׳ 9:00–18:00')
    await dialog.getByRole('button', { name: he ? 'הוספה' : 'Add' }).click()
    await expect(dialog.getByText('/שעות')).toBeVisible()
    await inspect(page, 'inbox-replies-edit', view)
    await page.keyboard.press('Escape')
    await field.fill('/שע')
    await expect(page.getByRole('option')).toHaveCount(1)
    await inspect(page, 'inbox-replies', view)
    await field.press('Enter')
    await expect(field).toHaveValue('פתוח א׳–ה׳ 9:00–18:00')

    // Schedules a message.
    await page.getByRole('button', { name: he ? 'שליחה מאוחר יותר' : 'Send later' }).click()
    await page.getByRole('menuitem').nth(-2).click()
    const planned = page.locator('.scheduled li')
    await expect(planned).toHaveCount(1)
    await expect(field).toHaveValue('')

    // Changes it. It stays scheduled meanwhile, and Escape changes nothing.
    const edit = planned.getByRole('button', { name: he ? 'עריכה' : 'Edit', exact: true })
    await edit.click()
    const scheduled = planned.getByRole('textbox', { name: he ? 'ההודעה המתוזמנת' : 'The scheduled message' })
    await expect(scheduled).toBeFocused()
    await scheduled.fill('לא זה')
    await scheduled.press('Escape')
    await expect(planned).toContainText('פתוח א׳–ה׳ 9:00–18:00')
    await edit.click()
    await scheduled.fill('פתוח א׳–ה׳ 9:00–19:00')
    await inspect(page, 'inbox-scheduled', view)
    await planned.getByRole('button', { name: he ? 'שמירה' : 'Save', exact: true }).click()
    await expect(planned).toContainText('19:00')
    await expect(edit).toBeFocused()

    // Pastes an image.
    await field.evaluate(async element => {
      const canvas = new OffscreenCanvas(60, 40)
      canvas.getContext('2d')?.fillRect(0, 0, 60, 40)
      const data = new DataTransfer()
      data.items.add(new File([await canvas.convertToBlob()], 'תור 2231.png', { type: 'image/png' }))
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    })
    await expect(page.locator('.uploads li')).toContainText(/\bB\b/)
    await inspect(page, 'inbox-composer', view)
    await page.getByRole('button', { name: he ? 'שליחה' : 'Send', exact: true }).click()
    await expect(page.locator('.trow .picture img')).toBeVisible()

    // Quotes a message with the button beside it and with the key R, and cancels with Escape.
    const theirs = page.locator('.msg:not(.us)')
    await theirs.hover()
    const reply = theirs.getByRole('button', { name: he ? 'תשובה להודעה הזאת' : 'Reply to this message' })
    await reply.click()
    const strip = page.locator('.reply-strip')
    await expect(strip).toContainText('בוקר טוב')
    await expect(field).toBeFocused()
    await field.press('Escape')
    await expect(strip).toHaveCount(0)
    await reply.focus()
    await page.keyboard.press('KeyR')
    await expect(strip).toContainText('בוקר טוב')
    await inspect(page, 'inbox-reply', view)
    await field.fill('בוקר אור')
    await page.getByRole('button', { name: he ? 'שליחה' : 'Send', exact: true }).click()
    await expect(strip).toHaveCount(0)
    await expect(page.locator('.msg.us', { hasText: 'בוקר אור' }).locator('.quote')).toContainText('בוקר טוב')
    await expect(page.locator('.msg.us:not(.outgoing)', { hasText: 'בוקר אור' }).locator('button.quote')).toHaveText(
      'בוקר טוב',
    )

    if (view.width === 390) return
    await page.getByRole('button', { name: he ? 'משימה חדשה' : 'New task' }).click()
    await dialog.getByLabel(he ? 'מה צריך לעשות' : 'What is to be done').fill('לאשר לה מחיר')
    await inspect(page, 'inbox-task', view)
    await dialog.getByRole('button', { name: he ? 'הוספת המשימה' : 'Add the task' }).click()
    await expect(page.locator('.facts')).toContainText('לאשר לה מחיר')
    await page.locator('.facts').getByRole('checkbox').click()
    await expect(page.locator('.facts').getByRole('checkbox')).toHaveCount(0)
    await inspect(page, 'inbox-card', view)
    // The timeline contains the task twice: when it was created, and when it was completed.
    await expect(page.locator('.event', { hasText: 'לאשר לה מחיר' })).toHaveCount(2)
  })
}

test(
  'a typed time of a scheduled message counts, and another text is refused in place',
  long,
  async ({ page, ownDaemon }) => {
    await ownDaemon.start()
    await ownDaemon.receive('בוקר טוב', `+${FROM}`, 'נועה ברק')
    await prepare(page, VIEWS[0])
    await logIn(page, ownDaemon)
    await page.goto(`${ownDaemon.url}/app/inbox`)
    await page.locator('.thread').click()
    await page.locator('.write textarea').fill('מזכירים')
    await page.getByRole('button', { name: 'שליחה מאוחר יותר' }).click()
    await page.getByRole('menuitem').last().click()
    const dialog = page.getByRole('dialog')
    const time = dialog.getByLabel('שעה')
    const plan = dialog.getByRole('button', { name: 'לתזמן' })
    await expect(time).toHaveValue('9:00')
    await expect(dialog.getByText('ו׳', { exact: true })).toBeVisible()
    await time.fill('16:2')
    await expect(time).toHaveAccessibleDescription('שעה נכתבת כך: 9:30')
    await expect(plan).toBeDisabled()
    await time.fill('16:20')
    await expect(time).toHaveAccessibleDescription('')
    await time.press('Tab')
    await inspect(page, 'inbox-choose-time', { ...VIEWS[0], also: VIEWS[2] })
    await plan.click()
    await expect(page.locator('.scheduled li')).toContainText('16:20')
    // The list offers all times, each once, when it is opened without typing.
    await page.locator('.scheduled li').getByRole('button', { name: 'עריכה', exact: true }).click()
    const change = page.locator('.scheduled li').getByRole('button', { name: '16:20' })
    await change.click()
    await expect(time).toHaveValue('16:20')
    // Another time is chosen from those that begin with the typed text. The list of a complete time does not cover the button.
    await time.fill('9:')
    await expect(page.getByRole('option')).toHaveText(['9:00', '9:15', '9:30', '9:45'])
    await time.fill('9:00')
    await expect(page.getByRole('option')).toHaveCount(0)
    await time.click()
    await expect(page.getByRole('option', { name: /^0?9:00$/ })).toHaveCount(1)
    await time.fill('9:15')
    await plan.click({ trial: true })
  },
)

test('a message is scheduled once, and what is typed meanwhile stays', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('בוקר טוב', `+${FROM}`, 'נועה ברק')
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  let requests = 0
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  await page.route('**/api/scheduled-messages', async route => {
    requests += 1
    await released
    await route.continue()
  })
  await page.goto(`${ownDaemon.url}/app/inbox`)
  await page.locator('.thread').click()
  const field = page.locator('.write textarea')
  await field.fill('מתאים לך ב-10?')
  const later = page.getByRole('button', { name: 'שליחה מאוחר יותר' })
  await later.click()
  await page.getByRole('menuitem').first().click()
  await expect.poll(() => requests).toBe(1)
  await expect(later).toBeDisabled()
  await expect(page.getByRole('button', { name: 'שליחה', exact: true })).toBeDisabled()
  await field.press('Enter')
  await field.press('Control+End')
  await field.pressSequentially(' ועוד שאלה')
  release()
  await expect(field).toHaveValue('ועוד שאלה')
  await expect(page.locator('.scheduled li')).toHaveText(/מתאים לך ב-10\?/)
  await expect(page.getByRole('button', { name: 'שליחה', exact: true })).toBeEnabled()
  await expect(page.locator('.msg.outgoing')).toHaveCount(0)
  expect(requests).toBe(1)
})

test('Enter after the name of a saved reply waits for the list, and never sends the name', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await ownDaemon.receive('מתי פתוח?', `+${FROM}`, 'נועה ברק')
  await prepare(page, VIEWS[0])
  const { send } = await owner(page, ownDaemon)
  await send('POST', '/api/saved-replies', { shortcut: 'שעות', text: 'פתוח 9–18' })
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  await page.route(/\/api\/saved-replies/, async route => {
    await released
    await route.continue()
  })
  await page.goto(`${ownDaemon.url}/app/inbox`)
  await page.locator('.thread').click()
  const field = page.locator('.write textarea')
  await field.fill('/שעות')
  await field.press('Enter')
  await expect(field).toHaveValue('/שעות')
  await expect(page.locator('.msg.outgoing')).toHaveCount(0)
  release()
  await expect(field).toHaveValue('פתוח 9–18')
})

test('a refusal is explained in the language of the page', long, async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('בוקר טוב', `+${FROM}`, 'נועה ברק')
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  const refuse = (path: string, error: object) =>
    page.route(path, (route, request) =>
      request.method() === 'POST' ? route.fulfill({ status: 422, json: { ok: false, error } }) : route.continue(),
    )
  await refuse('**/api/whatsapp/send', { code: 'media_unknown', message: 'The file is unknown.' })
  await refuse('**/api/saved-replies', { code: 'invalid', message: 'Control characters.', field: 'shortcut' })
  await page.goto(`${ownDaemon.url}/app/inbox`)
  await page.locator('.thread').click()
  const field = page.locator('.write textarea')
  await field.fill('בוקר אור')
  await field.press('Enter')
  const refused = page.locator('.msg.outgoing .fail')
  await expect(refused).toContainText('צריך להעלות אותו שוב')
  await expect(refused).not.toContainText('The file')
  await page.getByRole('button', { name: 'תשובות שמורות' }).click()
  await page.getByRole('button', { name: 'עריכת הרשימה' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('שם קצר').fill('שעות')
  await dialog.getByLabel('התשובה', { exact: true }).fill('9-18')
  await dialog.getByRole('button', { name: 'הוספה' }).click()
  await expect(dialog.locator('.err')).toHaveText('אחד השדות לא תקין.')
})

alone('the way of a message is looked up again when the reply window ends', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('בוקר טוב', `+${FROM}`, 'נועה ברק')
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  await page.clock.install()
  // Without the time of the daemon, the page does not correct its own clock, which is set below.
  const until = new Date(Date.now() + 60_000).toISOString()
  let asked = 0
  await page.route(/\/api\/(?!events)/, async route => {
    const response = await route.fetch()
    const { date: _, ...headers } = response.headers()
    if (!/\/threads\/\d+\/route$/.test(route.request().url())) return route.fulfill({ response, headers })
    asked += 1
    await route.fulfill({ response, headers, json: { ...(await response.json()), window_until: until } })
  })
  await page.goto(`${ownDaemon.url}/app/inbox`)
  await page.locator('.thread').click()
  await expect(page.locator('.route .pick')).toBeVisible()
  const before = asked
  await page.clock.setSystemTime(Date.now() + 120_000)
  await page.clock.runFor(30_000)
  await expect.poll(() => asked).toBeGreaterThan(before)
})

test('the other user sees who is writing', async ({ page, ownDaemon, browser }) => {
  await ownDaemon.start()
  await ownDaemon.cli(['user', 'add', 'yael', '--role', 'staff'], 'another long 7 password')
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  await page.request.post(`${ownDaemon.url}/webhook/whatsapp/baileys`, {
    headers: { 'X-BAILEYS-SECRET': 'a-secret-for-the-tests-of-the-page' },
    data: { from: FROM, text: 'בוקר טוב', provider_msg_id: 'A1', push_name: 'נועה ברק' },
  })
  await page.goto(`${ownDaemon.url}/app/inbox`)
  await page.locator('.thread').click()
  const other = await (await browser.newContext()).newPage()
  await prepare(other, VIEWS[0])
  const answer = await other.request.post(`${ownDaemon.url}/api/login`, {
    data: { name: 'yael', password: 'another long 7 password' },
  })
  expect(answer.status()).toBe(200)
  await other.goto(`${ownDaemon.url}/app/inbox`)
  await other.locator('.thread').click()
  await other.locator('.write textarea').pressSequentially('עונה לה')
  await expect(page.locator('.typing')).toContainText('yael')
  await expect(page.locator('.thread')).toContainText('yael')
  await other.context().close()
})

test('all notes beside the conversation are read, changed, and removed with undo', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('בוקר טוב', `+${FROM}`, 'נועה ברק')
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, `+${FROM}`)
  for (const number of [1, 2, 3, 4, 5]) await api.send('POST', `/api/contacts/${id}/notes`, { text: `הערה ${number}` })
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  const notes = page.locator('.side .note-entry')
  await expect(notes).toHaveCount(3)
  await page.getByRole('button', { name: 'עוד שתי הערות' }).click()
  await expect(notes).toHaveCount(5)
  await inspect(page, 'inbox-notes', VIEWS[0])
  const last = notes.filter({ hasText: 'הערה 1' })
  await last.getByRole('button', { name: 'עריכת ההערה' }).click()
  const field = page.locator('.side .note-form textarea')
  await field.fill('אלרגית לעמוניה')
  await field.press('Control+Enter')
  await expect(notes.filter({ hasText: 'אלרגית לעמוניה' })).toHaveCount(1)
  await notes.filter({ hasText: 'אלרגית' }).getByRole('button', { name: 'מחיקת ההערה' }).click()
  await expect(notes).toHaveCount(4)
  await page.locator('.toast', { hasText: 'נמחקה' }).getByRole('button', { name: 'ביטול' }).click()
  await expect(notes).toHaveCount(5)
  await page.getByRole('button', { name: 'פחות הערות' }).click()
  await expect(notes).toHaveCount(3)
})
