import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import { OWNER } from './support/daemon'
import { expect, inspect, logInAgain, long, prepare, test, VIEWS } from './support/fixtures'

const DANA = '+972509876543'
const AVI = '+972523334455'
const GAL = { name: 'gal', password: 'another long 7 password' }
const field = (page: Page) => page.locator('.write textarea')
const addTask = async (page: Page, title: string) => {
  const input = page.getByRole('textbox', { name: 'משימה חדשה' })
  await input.fill(title)
  await input.press('Enter')
}

test('a failed logout keeps the page, and can be repeated', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logInAgain(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/tasks`)
  await page.route('**/api/logout', route => route.abort())
  await page.getByRole('button', { name: 'החשבון של' }).click()
  await page.getByRole('menuitem', { name: 'יציאה' }).click()
  const toast = page.locator('.toast.error')
  await expect(toast).toContainText('אין חיבור')
  await expect(page).toHaveURL(/\/app\/tasks/)
  await page.unroute('**/api/logout')
  await toast.getByRole('button', { name: 'לנסות שוב' }).click()
  await expect(page).toHaveURL(/\/login/)
  expect((await page.request.get(`${ownDaemon.url}/api/session`)).status()).toBe(401)
})

test('a page works on after a login of the same user in another tab', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logInAgain(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/tasks`)
  await addTask(page, 'לפני')
  await expect(page.getByText('לפני', { exact: true })).toBeVisible()
  // The browser's tabs share their cookies.
  await logInAgain(page, ownDaemon)
  await addTask(page, 'אחרי')
  await expect(page.getByText('אחרי', { exact: true })).toBeVisible()
  await expect(page.locator('.toast.error')).toHaveCount(0)
})

test('a session that is revoked elsewhere ends on the page within 5 s, and the draft is there after the login', async ({
  page,
  request,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום', DANA, 'דנה כהן')
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, DANA)
  // The page has a second session, which the first one revokes.
  const cookies = await page.context().cookies()
  await logInAgain(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  await field(page).fill('חצי משפט')
  const headers = { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; ') }
  const { csrf_token } = await (await request.get(`${ownDaemon.url}/api/session`, { headers })).json()
  const { items } = await (await request.get(`${ownDaemon.url}/api/sessions`, { headers })).json()
  const other = items.find(({ is_current }: { is_current: boolean }) => !is_current)
  const revoked = await request.delete(`${ownDaemon.url}/api/sessions/${other.id}`, {
    headers: { ...headers, 'X-CSRF-Token': csrf_token },
  })
  expect(revoked.ok(), await revoked.text()).toBe(true)
  await expect(page).toHaveURL(new RegExp(`/login\\?to=%2Fapp%2Finbox%2F${id}`), { timeout: 5_000 })
  await expect(page.getByRole('status')).toContainText('הכניסה הסתיימה')
  await inspect(page, 'login-ended', { ...VIEWS[0], also: VIEWS[2] })
  await page.locator('[autocomplete=username]').fill(OWNER.name)
  await page.locator('[autocomplete=current-password]').fill(OWNER.password)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(new RegExp(`/app/inbox/${id}$`))
  await expect(field(page)).toHaveValue('חצי משפט')
})

test(
  'a name and a detail of a contact that were being typed are there after a session that ended',
  long,
  async ({ page, ownDaemon }) => {
    await ownDaemon.start()
    await ownDaemon.receive('שלום', DANA, 'דנה כהן')
    await prepare(page, VIEWS[0])
    const api = await owner(page, ownDaemon)
    const { id } = await contactOf(api, DANA)
    await api.send('POST', '/api/custom-fields', { name: 'כתובת', kind: 'text' })
    await logInAgain(page, ownDaemon)
    await page.goto(`${ownDaemon.url}/app/contacts/${id}`)
    const name = page.getByRole('textbox', { name: 'שם', exact: true })
    const address = page.getByRole('textbox', { name: 'כתובת' })
    await page.getByRole('button', { name: 'שינוי השם' }).click()
    await name.fill('דנה לוי')
    await page.getByRole('button', { name: 'הוספת כתובת' }).click()
    await address.fill('הרצל 48')
    const { csrf_token } = await (await page.request.get(`${ownDaemon.url}/api/session`)).json()
    await page.request.post(`${ownDaemon.url}/api/logout`, { headers: { 'X-CSRF-Token': csrf_token } })
    await address.press('Enter')
    await expect(page).toHaveURL(/\/login\?to=/)
    await page.locator('[autocomplete=username]').fill(OWNER.name)
    await page.locator('[autocomplete=current-password]').fill(OWNER.password)
    await page.keyboard.press('Enter')
    await expect(name).toHaveValue('דנה לוי')
    await expect(address).toHaveValue('הרצל 48')
    await inspect(page, 'contact-kept', { ...VIEWS[0], also: VIEWS[2] })
    await address.press('Enter')
    await expect(page.getByRole('button', { name: 'הרצל 48' })).toBeVisible()
    await name.press('Enter')
    // The heading already has the new name while it is being saved; the form is closed by the response.
    await expect(name).toBeHidden()
    await page.reload()
    await expect(page.locator('h1')).toContainText('דנה לוי')
    await expect(page.locator('.kept-input')).toHaveCount(0)
  },
)

test('after a login of another user the page is theirs, without the first one’s text', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.cli(['user', 'add', GAL.name, '--role', 'owner'], GAL.password)
  await ownDaemon.receive('שלום', DANA, 'דנה כהן')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, DANA)
  await prepare(page, VIEWS[0])
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  await field(page).fill('הטקסט של רוני')
  await logInAgain(page, ownDaemon, GAL)
  await page.getByRole('button', { name: 'העברה לארכיון' }).click()
  await expect(page.getByRole('button', { name: 'החשבון של gal' })).toBeVisible()
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  await expect(field(page)).toHaveValue('')
})

test('a message that is refused elsewhere is said on every page', long, async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום', DANA, 'דנה כהן')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, DANA)
  await prepare(page, VIEWS[0])
  await page.route('**/api/whatsapp/send', route =>
    route.fulfill({ status: 422, json: { ok: false, error: { code: 'contact_opted_out', message: '' } } }),
  )
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  await field(page).fill('תשובה')
  await field(page).press('Enter')
  await page.getByRole('link', { name: 'לקוחות' }).first().click()
  await expect(page.locator('h1')).toBeVisible()
  const strip = page.locator('.strips .strip', { hasText: 'לא נשלחה' })
  await expect(strip).toBeVisible()
  await inspect(page, 'message-refused-strip', VIEWS[0])
  await strip.getByRole('link').click()
  await expect(page.locator('.msg.outgoing .fail')).toBeVisible()
  await expect(strip).toHaveCount(0)
})

test('Enter in the palette opens a hit of what was typed last', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום', DANA, 'דנה כהן')
  await ownDaemon.receive('היי', AVI, 'אבי לוי')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, AVI)
  await prepare(page, VIEWS[0])
  await page.goto(`${ownDaemon.url}/app/account`)
  await expect(page.locator('h1')).toBeVisible()
  await page.keyboard.press('Slash')
  const input = page.getByRole('combobox')
  await input.fill('דנה')
  await expect(page.getByRole('option', { name: 'דנה כהן' }).first()).toBeVisible()
  let answer: () => void = () => undefined
  const held = new Promise<void>(resolve => {
    answer = resolve
  })
  await page.route('**/api/contacts?*', async route => {
    await held
    await route.fallback()
  })
  await input.fill('אבי לוי')
  await input.press('Enter')
  await expect(input).toBeVisible()
  answer()
  await expect(page).toHaveURL(new RegExp(`/app/contacts/${id}$`))
})

test('a field that is opened and left keeps what another user wrote meanwhile', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום', DANA, 'דנה כהן')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, DANA)
  const { id: fieldId } = await api.send<{ id: number }>('POST', '/api/custom-fields', { name: 'רחוב', kind: 'text' })
  const path = `/api/contacts/${id}/fields/${fieldId}`
  await api.send('PUT', path, { value: 'הרצל 1' })
  await prepare(page, VIEWS[0])
  await page.goto(`${ownDaemon.url}/app/contacts/${id}`)
  await page.getByRole('button', { name: 'הרצל 1' }).click()
  const input = page.getByRole('textbox', { name: 'רחוב' })
  await expect(input).toHaveValue('הרצל 1')
  const fetched = page.waitForResponse(answer => answer.url().endsWith(`/api/contacts/${id}`))
  await api.send('PUT', path, { value: 'בן יהודה 2' })
  await fetched
  await input.blur()
  await expect(page.getByRole('button', { name: 'בן יהודה 2' })).toBeVisible()
  const { fields } = await api.get<{ fields: { value: string }[] }>(`/api/contacts/${id}`)
  expect(fields.map(({ value }) => value)).toEqual(['בן יהודה 2'])
})
