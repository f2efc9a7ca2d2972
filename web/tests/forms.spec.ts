import { owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspect, logIn, prepare, test, VIEWS } from './support/fixtures'

const PHONE = VIEWS[1]

test('a long text of the agent is kept as a draft, and its versions do not widen the page', async ({
  page,
  ownDaemon,
}) => {
  test.slow()
  await ownDaemon.start()
  await prepare(page, PHONE)
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/agent`)
  const text = page.locator('.agent-text textarea')
  const long = 'אנחנו מספרה ברחוב הרצל, פתוחים בכל יום חוץ משבת, ומי שמתקשר אחרי השעות משאיר הודעה ונחזור אליו.'
  await text.fill(long)
  await page.locator('.tabs a[href="/calendar"]').click()
  await expect(page.locator('.toast')).toContainText('טיוטה')
  await page.locator('.toast').getByRole('button', { name: 'חזרה לעריכה' }).click()
  await expect(text).toHaveValue(long)
  await page.reload()
  await expect(text).toHaveValue(long)
  await inspect(page, 'agent-draft', PHONE)
  await page.locator('.agent-text .btn.pen').click()
  await expect(page.locator('.entries li')).toHaveCount(1)
  await page.locator('.toast').waitFor()
  await inspect(page, 'agent-saved', PHONE)
  await page.reload()
  await expect(page.locator('.agent-text .btn.pen')).toBeDisabled()
})

test('hours are read as people write them, kept as a draft, and a wrong one says where it is', async ({
  page,
  ownDaemon,
}) => {
  test.slow()
  await ownDaemon.start()
  await prepare(page, PHONE)
  await logIn(page, ownDaemon)
  const { send, get } = await owner(page, ownDaemon)
  await send('PUT', '/api/opening-hours', { hours: [], holidays: 'closed', eves: 'closed' })
  await page.goto(`${ownDaemon.url}/app/settings/hours`)
  await page.getByRole('button', { name: 'סגור. לפתוח ביום הזה' }).nth(1).click()
  const [from, to] = [page.getByLabel('יום שני, משעה'), page.getByLabel('יום שני, עד שעה')]
  await from.fill('8')
  await to.fill('7')
  await expect(page.locator('form > .err')).toContainText('יום שני')
  await to.fill('1930')
  await to.blur()
  await expect(from).toHaveValue('8:00')
  await expect(to).toHaveValue('19:30')
  await inspect(page, 'hours-draft', PHONE)
  await page.locator('.tabs a[href="/calendar"]').click()
  await page.locator('main.cal').waitFor()
  await page.goto(`${ownDaemon.url}/app/settings/hours`)
  await expect(to).toHaveValue('19:30')
  // The saved hours replace the input, so nothing can be typed during the save.
  let release = () => {}
  const isReleased = new Promise<void>(resolve => {
    release = resolve
  })
  await page.route('**/api/opening-hours', async route => {
    if (route.request().method() === 'PUT') await isReleased
    await route.continue()
  })
  await page.getByRole('button', { name: 'שמירה', exact: true }).click()
  await expect(from).toBeDisabled()
  release()
  await expect
    .poll(() => get<{ hours: unknown[] }>('/api/opening-hours').then(({ hours }) => hours))
    .toEqual([{ weekday: 1, from: '08:00', to: '19:30' }])
  await expect(from).toBeEnabled()
})

test('hours that were saved are not called a draft', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/hours`)
  const unsaved = page.getByText('יש שינויים שעוד לא נשמרו')
  await page.getByRole('group', { name: 'בחגים' }).getByRole('radio', { name: 'פתוח כרגיל' }).click()
  await expect(unsaved).toBeVisible()
  await page.getByRole('button', { name: 'שמירה', exact: true }).click()
  await expect(page.locator('.toast').last()).toContainText('השעות נשמרו')
  await expect(unsaved).toHaveCount(0)
  await expect(page.locator('.toast')).toHaveCount(1)
})

/** Logs in a member of staff whom the owner has created. */
async function logInStaff(page: import('@playwright/test').Page, daemon: Daemon) {
  await logIn(page, daemon)
  const { send } = await owner(page, daemon)
  const password = 'basalt otter lamp 4'
  await send('POST', '/api/services', { name: 'צבע', duration_min: 60, price_minor: 0 })
  await send('POST', '/api/users', { name: 'noa', role: 'staff', password })
  await page.context().clearCookies()
  expect((await page.request.post(`${daemon.url}/api/login`, { data: { name: 'noa', password } })).status()).toBe(200)
}

test('staff see services, hours and staff without forms that would be refused', async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  await prepare(page, PHONE)
  await logInStaff(page, ownDaemon)
  for (const name of ['services', 'resources', 'hours']) {
    await page.goto(`${ownDaemon.url}/app/settings/${name}`)
    await expect(page.locator('.problem.plain')).toContainText('רק בעלי העסק')
    await expect(page.locator('.skeleton-rows')).toHaveCount(0)
    await expect(page.locator('main input, main .edit-row:not(.fixed), main .btn.pen')).toHaveCount(0)
    await inspect(page, `staff-${name}`, PHONE)
  }
  // Staff may change the closed days.
  await expect(page.locator('.problem.plain')).toContainText('משנים כאן כולם')
  await page.goto(`${ownDaemon.url}/app/settings/services`)
  await expect(page.locator('.edit-row')).toContainText('שעה · ללא עלות')
})

test('empty fields are named by the page, a weak password at its field', async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  await prepare(page, PHONE)
  await page.goto(`${ownDaemon.url}/login`)
  await page.locator('.btn.pen').click()
  await expect(page.locator('.labelled .err')).toHaveText(['צריך למלא את השדה הזה', 'צריך למלא את השדה הזה'])
  await expect(page.locator('[autocomplete=username]')).toBeFocused()
  await inspect(page, 'login-empty', PHONE)
  await page.keyboard.type('r')
  await expect(page.locator('.labelled .err')).toHaveCount(1)
})

test('the link of the machine works in a tab that shows the set-up already', async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start({ owner: false })
  const { url } = await ownDaemon.event('SETUP_CODE')
  await prepare(page, PHONE)
  await page.goto(`${ownDaemon.url}/setup`)
  await page.locator('.btn.pen').click()
  const code = page.locator('input').first()
  await expect(code).toHaveValue('')
  await page.goto(String(url))
  await expect(code).not.toHaveValue('')
  await page.locator('[autocomplete=username]').fill('roni')
  await page.locator('[autocomplete=new-password]').fill('1234567890')
  await page.keyboard.press('Enter')
  await expect(page.locator('.labelled .err')).toContainText('סיסמה נפוצה')
  await expect(page.locator('[autocomplete=new-password]')).toHaveAttribute('aria-invalid', 'true')
  await inspect(page, 'setup-weak', PHONE)
})

test('a booked appointment is shown, and a press beside the form throws nothing away', async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  await ownDaemon.receive('שלום')
  await prepare(page, PHONE)
  await logIn(page, ownDaemon)
  const { send } = await owner(page, ownDaemon)
  const hours = Array.from({ length: 7 }, (_, weekday) => ({ weekday, from: '00:00', to: '24:00' }))
  await send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
  await send('POST', '/api/services', { name: 'צבע', duration_min: 60 })
  await page.goto(`${ownDaemon.url}/calendar?new=1`)
  const form = page.getByRole('dialog')
  await form.locator('.pick').first().click()
  await form.locator('.slot-day').nth(2).locator('.slot').nth(3).click()
  // The chosen values are visible.
  await expect(form.locator('.ap-foot .btn.pen')).toBeInViewport({ ratio: 1 })
  await inspect(page, 'booking-chosen', PHONE)
  await page.mouse.click(195, 8)
  await expect(form.getByRole('alert')).toContainText('לסגור בלי לקבוע?')
  await inspect(page, 'booking-asks', PHONE)
  await form.getByRole('button', { name: 'להמשיך למלא' }).click()
  await form.locator('.ap-foot .btn.pen').click()
  await expect(page.locator('.ag:not(.free)')).toHaveCount(1)
  await page.locator('.toast').waitFor()
  const add = page.locator('.fab .btn')
  const covered = await add.evaluate(button => {
    const { x, y, width, height } = button.getBoundingClientRect()
    return !button.contains(document.elementFromPoint(x + width / 2, y + height / 2))
  })
  expect(covered, 'the toast covers the button').toBe(false)
  await inspect(page, 'booking-done', PHONE)
})

test('a task takes its time from its words', async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  await prepare(page, PHONE)
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/tasks`)
  await page.getByRole('textbox').fill('להתקשר לרונית מחר ב-10')
  await expect(page.locator('.new-task .btn')).toContainText('להוסיף למחר, 10:00')
  await page.keyboard.press('Enter')
  await expect(page.locator('.task-group .task')).toContainText('מחר, 10:00')
})
