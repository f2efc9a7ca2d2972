import { owner } from './support/api'
import { OWNER } from './support/daemon'
import { expect, inspect, inspectAll, layouts, logIn, long, prepare, show, test, VIEWS } from './support/fixtures'
import { tabTo } from './support/keyboard'
import { visit } from './support/shop'

test('the settings', async ({ page, daemon }) => {
  // Slow: seven pages, each with accessibility audits.
  test.slow()
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/settings`)
  await expect(page.locator('.settings-list li').nth(10)).toBeVisible()
  await inspectAll(page, 'settings-list')
  for (const section of ['phone', 'agent', 'users', 'backup', 'audit', 'health']) {
    await visit(page, `/app/settings/${section}`)
    await expect(page.locator('.settings-form .grp').first()).toBeVisible()
    await inspectAll(page, `settings-${section}`)
  }
})

test('a line of the audit log is read as a sentence in both languages', async ({ page, daemon }) => {
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/settings/audit`)
  const login = page.locator('.audit-line', { hasText: /^roni/ }).last()
  await expect(login).toContainText('roni: כניסה')
  await show(page, VIEWS[2])
  await expect(login).toContainText('roni logged in')
})

test('the steps of the set-up', long, async ({ page, daemon }) => {
  test.slow()
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/more`)
  for (const step of ['address', 'phone', 'business', 'agent', 'call']) {
    await visit(page, `/app/setup/${step}`)
    await expect(page.locator('.wizard-at')).toBeVisible()
    await inspectAll(page, `setup-${step}`)
  }
})

test('a refused value is explained in the language of the page', async ({ page, daemon }) => {
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/settings/alerts?at=mail.host`)
  const row = page.locator('.set[data-target]')
  const field = row.locator('input')
  await field.fill('smtp.example.com:25')
  await field.press('Enter')
  await expect(row.getByRole('alert')).toContainText('יש בו פורט')
  await expect(row.getByRole('alert')).toContainText('smtp.example.com')
})

test('a warning stays at the setting that it names, until it no longer applies', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/whatsapp`)
  const row = page.locator('.set', { has: page.locator('[id="set-whatsapp.provider"]') })
  await row.getByRole('radio', { name: 'Twilio' }).click({ force: true })
  const warning = row.getByRole('alert')
  await expect(warning).toContainText('אי אפשר לשלוח דבר')
  await page.reload()
  await expect(warning).toContainText('אי אפשר לשלוח דבר')
  await inspectAll(page, 'settings-warning')
  await expect(warning).toContainText('nothing can be sent')
  await row.getByRole('radio').first().click({ force: true })
  await expect(warning).toHaveCount(0)
})

test('a value that could not be sent is marked as not saved, and is sent again', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/privacy?at=retention.audit_days`)
  const row = page.locator('.set[data-target]')
  const field = row.locator('input')
  let isFailing = true
  await page.route('**/api/settings', route =>
    route.request().method() === 'PATCH' && isFailing ? route.fulfill({ status: 503, json: {} }) : route.continue(),
  )
  await field.fill('400')
  await field.press('Enter')
  await expect(row.getByRole('alert')).toContainText('לא נשמר')
  await expect(field).toHaveValue('400')
  isFailing = false
  await row.getByRole('button', { name: 'לנסות שוב' }).click()
  await expect(row.getByRole('status')).toContainText('נשמר')
  await expect(row.getByRole('alert')).toHaveCount(0)
})

test('a warning is at each setting that it names', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[1])
  await logIn(page, ownDaemon)
  const { send } = await owner(page, ownDaemon)
  await send('PATCH', '/api/settings', { changes: { 'alerts.mail_to': 'dana@example.com' } })
  for (const key of ['alerts.mail_to', 'mail.host']) {
    await page.goto(`${ownDaemon.url}/app/settings/alerts?at=${key}`)
    await expect(page.locator('.set[data-target]').getByRole('alert')).toContainText('לא נשלח דוא״ל')
  }
})

test('a warning has the title of its setting, and the direction of the page', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  const { send } = await owner(page, ownDaemon)
  await send('PATCH', '/api/settings', { changes: { 'agent.transfer_to': '+99999999' } })
  await page.goto(`${ownDaemon.url}/app/settings/agent?at=agent.transfer_to`)
  const warning = page.locator('.set[data-target]').getByRole('alert')
  await expect(warning).toContainText('״: לא ייתכן מספר כזה במדינה שלו: +99999999')
  await expect(warning).not.toContainText('transfer_to')
  expect(await warning.locator('span').evaluate(text => getComputedStyle(text).direction)).toBe('rtl')
  await expect(warning.locator('bdi[dir=ltr]')).toHaveText('+99999999')
})

test('a refused value stays in its field until it is corrected', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/business?at=business.time_zone`)
  const row = page.locator('.set[data-target]')
  const field = row.locator('input')
  await field.fill('ישראל')
  await field.press('Enter')
  await expect(row.getByRole('alert')).toContainText('Asia/Jerusalem')
  await expect(field).toHaveValue('ישראל')
  await field.blur()
  await expect(field).toHaveValue('ישראל')
  await expect(row.getByRole('alert')).toBeVisible()
  await field.fill('Asia/Nicosia')
  await field.press('Enter')
  await expect(row.getByRole('status')).toContainText('נשמר')
  await expect(row.getByRole('alert')).toHaveCount(0)
  await field.fill('קפריסין')
  await field.press('Enter')
  await expect(row.getByRole('alert')).toContainText('Asia/Nicosia')
  await field.press('Escape')
  await expect(field).toHaveValue('Asia/Nicosia')
})

test('the phones that ring are written as they are dialled', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/phone?at=voice.ring_numbers`)
  const row = page.locator('.set[data-target]')
  const field = row.locator('input')
  await field.fill('052-555-0142, 12')
  await field.press('Enter')
  await expect(row.getByRole('alert')).toContainText('+972525550142, 12')
  // The list was empty, so there is no active value to name.
  await expect(row.getByRole('alert')).not.toContainText('בתוקף')
  await expect(field).toHaveValue('052-555-0142, 12')
  await field.fill('052-555-0142, 03-555-1234')
  await field.press('Enter')
  await expect(row.getByRole('status')).toContainText('נשמר')
  await expect(field).toHaveValue('+972525550142, +97235551234')
})

test('the search finds the parts of all sections, with the keyboard alone', async ({ page, daemon }) => {
  await prepare(page, VIEWS[2])
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/settings`)
  const search = page.getByRole('searchbox')
  await tabTo(page, search)
  const sections = page.locator('.settings-list nav a')
  for (const at of [0, 1]) {
    await page.keyboard.press('ArrowDown')
    await expect(sections.nth(at)).toBeFocused()
  }
  for (let press = 0; press < 2; press++) await page.keyboard.press('ArrowUp')
  await expect(search).toBeFocused()
  await page.keyboard.type('restor')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await expect(page.getByRole('link', { name: /How to restore/ })).toBeFocused()
  await page.keyboard.press('Enter')
  const guide = page.locator('summary', { hasText: 'How to restore' })
  await expect(guide).toBeFocused()
  await expect(page.locator('.guide')).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(page.locator('.guide')).toBeHidden()
  // Enter opens the first hit, which is on a page of another feature.
  await tabTo(page, search)
  await search.fill('API tokens')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/account\?at=tokens/)
  await expect(page.getByRole('heading', { name: 'API tokens' })).toBeFocused()
})

test('a field is saved by itself, and undone', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings`)
  // The search finds the setting, and its hit leads to it.
  await page.getByRole('searchbox').fill('longest call')
  await page.locator('.settings-list li a').first().click()
  const row = page.locator('.set[data-target]')
  const field = row.locator('input')
  const stored = async () => {
    const answer = await page.request.get(`${ownDaemon.url}/api/settings`)
    const { items } = (await answer.json()) as { items: { key: string; value: unknown; source: string }[] }
    return items.find(({ key }) => key === 'voice.max_call_s')
  }
  await expect(field).toHaveValue('1800')
  await expect(field).toBeFocused()
  await field.fill('-5')
  await field.press('Enter')
  await expect(row.getByRole('alert')).toContainText('1800')
  expect(await stored()).toMatchObject({ value: 1800, source: 'default' })
  await field.fill('900')
  await field.press('Enter')
  await expect(row.getByRole('status')).toContainText('Saved')
  expect(await stored()).toMatchObject({ value: 900, source: 'page' })
  await row.getByRole('button', { name: 'Undo' }).click()
  await expect(field).toHaveValue('1800')
  await expect.poll(stored).toMatchObject({ value: 1800, source: 'default' })
})

test('a setting of the machine is locked, and says where it is set', async ({ page, daemon }) => {
  await prepare(page, VIEWS[2])
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/settings/phone?at=twilio.account_sid`)
  const row = page.locator('.set[data-target]')
  await expect(row.locator('input')).toHaveAttribute('readonly')
  await expect(row).toContainText('TWILIO_ACCOUNT_SID')
})

test('the text of the agent has versions, with what changed, and a way back', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/agent`)
  const text = page.locator('.agent-text textarea')
  const save = page.getByRole('button', { name: 'Save', exact: true })
  await text.fill('אנחנו מספרה\nפתוח עד שש')
  await save.click()
  await expect(page.locator('.entries .chip.ok')).toHaveCount(1)
  await text.fill('אנחנו מספרה\nפתוח עד שבע')
  await save.click()
  await expect(page.locator('.entries > li')).toHaveCount(2)
  await page
    .getByRole('button', { name: /^What changed/ })
    .first()
    .click()
  await expect(page.locator('.diff .removed .said')).toContainText('פתוח עד שש')
  await expect(page.locator('.diff .added .said')).toContainText('פתוח עד שבע')
  await page.getByRole('button', { name: 'Restore this text' }).click()
  await expect(text).toHaveValue('אנחנו מספרה\nפתוח עד שש')
  await expect(page.locator('.entries > li')).toHaveCount(3)
})

test('a version of the text of the agent replaces unsaved text only after a question', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  const { send } = await owner(page, ownDaemon)
  for (const text of ['Closed at six', 'Closed at seven']) {
    await send('PATCH', '/api/settings', { changes: { 'agent.instructions': text } })
  }
  await page.goto(`${ownDaemon.url}/app/settings/agent`)
  const text = page.locator('.agent-text textarea')
  await expect(text).toHaveValue('Closed at seven')
  await text.fill('A long new text')
  const restore = page.getByRole('button', { name: 'Restore this text' }).first()
  await restore.click()
  const question = page.getByRole('dialog')
  await expect(question).toContainText('Your unsaved text will be lost')
  await question.getByRole('button', { name: 'No', exact: true }).click()
  await expect(question).toHaveCount(0)
  await expect(text).toHaveValue('A long new text')
  await restore.click()
  await question.getByRole('button', { name: 'Restore this text' }).click()
  await expect(text).toHaveValue('Closed at six')
})

test('a text of the agent that is saved after the user has left the page is no draft', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/agent`)
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  await page.route('**/api/settings', async route => {
    if (route.request().method() === 'PATCH') await released
    await route.continue()
  })
  const text = page.locator('.agent-text textarea')
  const save = page.getByRole('button', { name: 'Save', exact: true })
  await text.fill('Closed at six')
  await save.click()
  await visit(page, '/app/tasks')
  release()
  await expect(page.locator('.toast', { hasText: 'The text is saved' })).toBeVisible()
  await visit(page, '/app/settings/agent')
  await expect(text).toHaveValue('Closed at six')
  await expect(save).toBeDisabled()
  await expect(page.getByText('Another user saved another text')).toHaveCount(0)
})

test('after an owner was added, the next user is staff unless chosen otherwise', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/users`)
  await page.getByLabel('User name').fill('gal')
  await page.locator('[autocomplete=new-password]').fill('a long pass phrase 7')
  await page.getByText('Owner', { exact: true }).last().click()
  await page.getByLabel('Your password, again').fill(OWNER.password)
  await page.getByRole('button', { name: 'Add a user' }).click()
  await expect(page.locator('.entries > li')).toHaveCount(2)
  await expect(page.getByRole('radio', { name: 'Staff' })).toBeChecked()
})

test('a user is added, logs in, may not change settings, and is removed', async ({ page, browser, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/users`)
  await page.getByLabel('User name').fill('yael')
  await page.locator('[autocomplete=new-password]').fill('a long pass phrase 7')
  await page.getByRole('button', { name: 'Add a user' }).click()
  await expect(page.locator('.entries > li')).toHaveCount(2)
  await page.getByRole('button', { name: 'New password yael' }).click()
  await page.locator('.entries [autocomplete=new-password]').fill('another pass phrase 8')
  const own = page.locator('.entries').getByLabel('Your password, again')
  await own.fill('not this one')
  await page.getByRole('button', { name: 'Save the password' }).click()
  await expect(page.getByText('The password is wrong.')).toBeVisible()
  await own.fill(OWNER.password)
  await page.getByRole('button', { name: 'Save the password' }).click()
  await expect(page.getByText('The password is changed, and the earlier sessions have ended')).toBeVisible()
  const staff = await (await browser.newContext()).newPage()
  await prepare(staff, VIEWS[2])
  const data = { name: 'yael', password: 'another pass phrase 8' }
  expect((await staff.request.post(`${ownDaemon.url}/api/login`, { data })).status()).toBe(200)
  await staff.goto(`${ownDaemon.url}/app/settings/phone?at=voice.max_call_s`)
  await expect(staff.locator('.set[data-target] input')).toHaveAttribute('readonly')
  await expect(staff.getByRole('link', { name: 'System health' })).toHaveCount(0)
  await expect(staff.locator('.set.pointer')).toHaveCount(0)
  for (const section of ['health', 'users']) {
    await staff.goto(`${ownDaemon.url}/app/settings/${section}`)
    await expect(staff.getByText('For owners only')).toBeVisible()
  }
  const asked: string[] = []
  staff.on('request', request => asked.push(new URL(request.url()).pathname))
  await staff.goto(`${ownDaemon.url}/app/setup`)
  await expect(staff.getByText('For owners only')).toBeVisible()
  expect(asked).not.toContain('/api/twilio/numbers')
  await staff.goto(`${ownDaemon.url}/app/settings/users`)
  // The other user's open page follows the new role.
  // A second press of Enter must not remove the user.
  await page.getByRole('button', { name: 'Remove yael' }).press('Enter')
  await expect(page.getByRole('dialog').getByRole('button', { name: 'No', exact: true })).toBeFocused()
  await page.keyboard.press('Escape')
  const role = page.getByRole('button', { name: 'Role yael' })
  await role.click()
  await own.fill(OWNER.password)
  await inspect(page, 'change-role', VIEWS[2])
  await page.getByRole('button', { name: 'Make an owner' }).click()
  await expect(page.locator('.entries .chip', { hasText: 'Owner' })).toHaveCount(2)
  await expect(staff.locator('.entries > li')).toHaveCount(2)
  await role.click()
  await page.getByRole('button', { name: 'Make staff' }).click()
  await expect(staff.getByText('For owners only')).toBeVisible()
  await page.getByRole('button', { name: 'Remove yael' }).click()
  await page.locator('.btn.stop').click()
  await expect(page.locator('.entries > li')).toHaveCount(1)
  expect((await staff.request.get(`${ownDaemon.url}/api/session`)).status()).toBe(401)
  expect(OWNER.name).not.toBe(data.name)
})

test(
  'a call completes the set-up, and a skipped step is skipped on every device',
  long,
  async ({ page, browser, ownDaemon }) => {
    await ownDaemon.start()
    await prepare(page, VIEWS[2])
    await logIn(page, ownDaemon)
    const phone = await (await browser.newContext()).newPage()
    await prepare(phone, VIEWS[3])
    await logIn(phone, ownDaemon)
    await page.goto(`${ownDaemon.url}/app/setup`)
    await phone.goto(`${ownDaemon.url}/app/setup/phone`)
    await expect(page.locator('.wizard [aria-current=step]')).toContainText('Business name')
    await expect(phone.locator('.wizard-at')).toBeVisible()
    await page.getByRole('button', { name: 'Skip for now' }).click()
    await expect(page).toHaveURL(/setup\/address$/)
    // The other device shows the skipped step at once, and continues at the same step.
    for (const one of [page, phone]) await expect(one.locator('.wizard-steps .skipped')).toHaveCount(1)
    await phone.goto(`${ownDaemon.url}/app/today`)
    await expect(phone.locator('.strip', { hasText: 'Secure address' })).toBeVisible()
    await phone.goto(`${ownDaemon.url}/app/setup`)
    await expect(phone.locator('.wizard [aria-current=step]')).toContainText('Secure address')
    await phone.context().close()
    await page.goto(`${ownDaemon.url}/app/setup/call`)
    await expect(page.getByText('Waiting for a call')).toBeVisible()
    await ownDaemon.call()
    await expect(page.locator('.wizard-call .link-state.ok')).toBeVisible({ timeout: 20_000 })
    await expect(page.getByRole('button', { name: 'Finish' })).toBeVisible()
  },
)

test('findings of checks are in the language of the page', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/health`)
  await page.getByRole('button', { name: 'לבדוק עכשיו' }).click()
  const findings = page.locator('.findings li')
  await expect(findings.first()).toContainText('ותקין', { timeout: 60_000 })
  await inspect(page, 'settings-health-checked', VIEWS[0])
  await page.goto(`${ownDaemon.url}/app/setup/address`)
  await page.getByRole('button', { name: /בדיקה/ }).click()
  await expect(page.locator('.wizard-checks li').first()).toContainText(/כתובת|הרשומה/)
  await inspect(page, 'setup-address-checked', VIEWS[0])
  await prepare(page, VIEWS[2])
  await page.goto(`${ownDaemon.url}/app/settings/health`)
  await expect(findings.first()).toContainText('intact')
})

test('the pages of the calendar in the settings stand beside the list of settings', long, async ({ page, daemon }) => {
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  for (const section of ['hours', 'services', 'resources', 'facts']) {
    await page.goto(`${daemon.url}/app/settings/${section}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expect(page.locator('.settings-list [aria-current=page]')).toHaveAttribute('href', `/app/settings/${section}`)
    await inspect(page, `settings-${section}`, VIEWS[0])
  }
  await page.locator('.settings-list').getByRole('link', { name: 'העסק' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('העסק')
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${daemon.url}/app/settings/hours`)
  await expect(page.getByRole('link', { name: 'הגדרות' }).first()).toBeVisible()
  await expect(page.locator('.settings-list')).toHaveCount(0)
})

test('the log of actions says what was done to whom, in words', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const { send } = await owner(page, ownDaemon)
  const contact = await send<{ id: number }>('POST', '/api/contacts', {
    display_name: 'דנה לוי',
    number: '050-987-6543',
  })
  await send('POST', `/api/contacts/${contact.id}/notes`, { text: 'x' })
  await send('PATCH', '/api/settings', { changes: { 'agent.instructions': 'לענות בקצרה' } })
  await page.goto(`${ownDaemon.url}/app/settings/audit`)
  const log = page.locator('.settings-pane')
  await expect(log).toContainText('כתיבת הערה')
  await expect(log.getByRole('link', { name: 'דנה לוי' }).first()).toHaveAttribute(
    'href',
    `/app/contacts/${contact.id}`,
  )
  await expect(log).not.toContainText(/[a-z]:\d|agent\.instructions|_/)
  await inspect(page, 'settings-audit-words', VIEWS[0])
})

for (const view of layouts('desktop')) {
  const he = view.language === 'he'
  test(`the audit log is filtered, and the link has the filters, ${view.language} ${view.width}`, async ({
    page,
    ownDaemon,
  }) => {
    await ownDaemon.start()
    await prepare(page, view)
    const { send, get } = await owner(page, ownDaemon)
    const add = (display_name: string, number: string) =>
      send<{ id: number }>('POST', '/api/contacts', { display_name, number })
    const [dana, avi] = [await add('דנה לוי', '050-987-6543'), await add('אבי כהן', '050-987-6544')]
    await send('POST', `/api/contacts/${dana.id}/notes`, { text: 'x' })
    await send('POST', `/api/contacts/${avi.id}/notes`, { text: 'y' })
    const { user } = await get<{ user: { id: number } }>('/api/session')

    // From the card of a contact.
    await page.goto(`${ownDaemon.url}/app/contacts/${dana.id}`)
    await page.getByRole('link', { name: he ? 'מי שינה מה' : 'Who changed what' }).click()
    const log = page.locator('.settings-pane')
    const lines = log.locator('.ledger li')
    await expect(lines).toHaveCount(2)
    await expect(log).not.toContainText('אבי כהן')
    await log.getByLabel(he ? 'במה' : 'About').selectOption('note')
    await expect(lines).toHaveCount(1)
    await inspect(page, 'settings-audit-filtered', view)
    await page.reload()
    await expect(lines).toHaveCount(1)
    await log.getByRole('button', { name: he ? 'לא רק הלקוח הזה' : 'Not only this contact' }).click()
    await expect(lines).toHaveCount(2)

    await log.getByRole('combobox', { name: he ? 'מי' : 'Who', exact: true }).selectOption('agent')
    await expect(log).toContainText(he ? 'אין שינויים כאלה' : 'There are no such changes')
    await log.getByRole('combobox', { name: he ? 'מי' : 'Who', exact: true }).selectOption(`user:${user.id}`)
    await expect(lines).toHaveCount(2)
    await log.getByLabel(he ? 'עד יום' : 'To', { exact: true }).fill('1.1.2020')
    await log.getByLabel(he ? 'עד יום' : 'To', { exact: true }).press('Enter')
    await expect(lines).toHaveCount(0)
    await expect(page).toHaveURL(/subject=note.*to=2020-01-01|to=2020-01-01.*subject=note/)
    await log.getByRole('button', { name: he ? 'בלי סינון' : 'No filters' }).click()
    await expect(log).toContainText('אבי כהן')
    await expect(page).toHaveURL(/audit$/)
    await lines.filter({ hasText: 'אבי כהן' }).first().getByRole('button').click()
    await expect(lines).toHaveCount(2)
    await expect(log).not.toContainText('דנה לוי')
  })
}

test('staff see the name of a chosen language', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.cli(['user', 'add', 'yael', '--role', 'staff'], 'another long 7 password')
  await prepare(page, VIEWS[0])
  await page.request.post(`${ownDaemon.url}/api/login`, { data: { name: 'yael', password: 'another long 7 password' } })
  await page.goto(`${ownDaemon.url}/app/settings/agent`)
  const language = page.getByRole('combobox', { name: 'שפת הסוכן' })
  await expect(language).toBeDisabled()
  await expect(language.locator('option:checked')).toHaveText('עברית')
})

test('an emptied number shows the value that is in effect instead', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[2])
  await ownDaemon.start()
  await owner(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/phone?at=voice.message_max_s`)
  const field = page.locator('.set[data-target] input')
  const initial = await field.inputValue()
  await field.fill('')
  await field.press('Enter')
  await expect(field).toHaveValue(initial)
  await field.fill('77')
  await field.press('Enter')
  await expect(page.locator('.set[data-target] .saved')).toBeVisible()
  await field.fill('')
  await field.press('Enter')
  await expect(field).toHaveValue(initial)
})

test('a setting that was not saved says so at its field until it is saved', long, async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/phone?at=voice.max_call_s`)
  const row = page.locator('.set[data-target]')
  const field = row.locator('input')
  await page.route('**/api/settings', route =>
    route.request().method() === 'PATCH' ? route.abort() : route.fallback(),
  )
  await field.fill('900')
  await field.press('Enter')
  await page.locator('.toast').getByRole('button', { name: 'סגירה' }).click()
  await expect(row.locator('.err')).toContainText('לא נשמר')
  await expect(field).toHaveValue('900')
  await inspectAll(page, 'settings-unsaved')
  await page.unroute('**/api/settings')
  await row.locator('.err button').click()
  await expect(row.locator('.err')).toHaveCount(0)
  await expect(field).toHaveValue('900')
  await page.reload()
  await expect(field).toHaveValue('900')
})

test('the state of updates follows their setting, and does not claim a check that was not made', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  await page.route('**/api/updates', async route => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...(await response.json()), checked_at: null, newest: null } })
  })
  await page.goto(`${ownDaemon.url}/app/settings/health?at=updates.check`)
  const select = page.locator('.set[data-target]').locator('input[type=radio], select')
  const choose = (name: string) => page.locator('.set[data-target]').getByText(name, { exact: true }).click()
  await expect(select.first()).toBeAttached()
  await choose('כבוי')
  await expect(page.locator('main')).toContainText('המכונה לא מחפשת גרסאות חדשות')
  await choose('פעם בשבוע')
  await expect(page.locator('main')).toContainText('עוד לא נבדק אם יש גרסה חדשה')
  await expect(page.locator('main')).not.toContainText('זו הגרסה האחרונה')
})

test('the versions are described for each state of the check', long, async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  let updates: object = {}
  await page.route('**/api/updates', route => route.fulfill({ json: updates }))
  const newest = { version: '1.2.0', date: null, notes_url: null, urgent: false }
  const recent = new Date().toISOString()
  const known = { check: 'weekly', installed: '1.2.0', newest, is_newer: false, checked_at: recent, failed: false }
  const states: [object, string][] = [
    [known, 'לפי הרשימה האחרונה שהתקבלה, זו הגרסה האחרונה'],
    [{ ...known, installed: '1.3.0' }, 'הגרסה המותקנת חדשה מהגרסה האחרונה ברשימה שהתקבלה, 1.2.0'],
    [{ ...known, newest: null }, 'הבדיקה האחרונה נכשלה'],
    [{ ...known, newest: null, check: 'off' }, 'לא ידוע אם יש גרסה חדשה'],
    [{ ...known, checked_at: '2026-01-01T08:00:00Z' }, 'עברו יותר משלושה שבועות'],
  ]
  for (const [answer, words] of states) {
    updates = answer
    await page.goto(`${ownDaemon.url}/app/settings/health`)
    await page.reload()
    await expect(page.locator('main')).toContainText(words)
  }
})
