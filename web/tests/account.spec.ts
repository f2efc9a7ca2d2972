import { OWNER } from './support/daemon'
import { expect, logIn, logInAgain, long, prepare, test, VIEWS } from './support/fixtures'

test('the password is changed, and other sessions end', async ({ page, browser, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  const other = await (await browser.newContext()).newPage()
  await logInAgain(other, ownDaemon)
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/account`)
  await expect(page.getByRole('button', { name: /^End .*Chrome/ })).toHaveCount(1)
  await page.locator('[autocomplete=current-password]').fill('wrong wrong')
  await page.locator('[autocomplete=new-password]').fill('another pass phrase 8')
  await page.keyboard.press('Enter')
  await expect(page.getByText('The current password is wrong.')).toBeVisible()
  await page.locator('[autocomplete=current-password]').fill(OWNER.password)
  await page.keyboard.press('Enter')
  await expect(page.locator('.toast')).toContainText('The password is changed')
  await expect(page.getByRole('button', { name: /^End .*Chrome/ })).toHaveCount(0)
  expect((await other.request.get(`${ownDaemon.url}/api/session`)).status()).toBe(401)
})

test('a token is made, shown once, works, and is revoked', async ({ page, request, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/account`)
  await page.getByLabel('Name of the token').fill('אתר')
  await page.getByRole('button', { name: 'Create a token' }).click()
  const token = (await page.locator('.token').textContent()) ?? ''
  const use = () => request.get(`${ownDaemon.url}/api/threads`, { headers: { Authorization: `Bearer ${token}` } })
  expect((await use()).status()).toBe(200)
  await page.getByRole('button', { name: 'Revoke the token אתר' }).click()
  await page.locator('.btn.stop').click()
  await expect(page.getByText('No tokens.')).toBeVisible()
  expect((await use()).status()).toBe(401)
})

test('a token of an owner needs the password again', long, async ({ page, request, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/account`)
  await page.getByLabel('Name of the token').fill('script')
  const password = page.getByLabel('Your password, again')
  await expect(password).toHaveCount(0)
  await page.getByRole('group', { name: 'Role' }).getByRole('button', { name: 'Owner' }).click()
  await password.fill('not this one')
  await page.getByRole('button', { name: 'Create a token' }).click()
  await expect(page.getByText('The password is wrong.')).toBeVisible()
  await expect(page.locator('.token')).toHaveCount(0)
  await password.fill(OWNER.password)
  await page.getByRole('button', { name: 'Create a token' }).click()
  const token = (await page.locator('.token').textContent()) ?? ''
  const headers = { Authorization: `Bearer ${token}` }
  expect((await request.get(`${ownDaemon.url}/api/users`, { headers })).status()).toBe(200)
})
