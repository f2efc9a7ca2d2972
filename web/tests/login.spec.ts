import { OWNER } from './support/daemon'
import { expect, inspect, layouts, prepare, show, test, VIEWS } from './support/fixtures'

for (const view of layouts('phone')) {
  test(`the login, ${view.language} ${view.width} ${view.scheme}`, async ({ page, daemon }) => {
    await prepare(page, view)
    await page.goto(`${daemon.url}/app/account?x=1`)
    await expect(page).toHaveURL(/\/login\?to=%2Fapp%2Faccount/)
    await inspect(page, 'login', view)
    await page.locator('[autocomplete=username]').fill(OWNER.name)
    await page.locator('[autocomplete=current-password]').fill('not the password')
    await page.keyboard.press('Enter')
    await expect(page.locator('.err')).toBeVisible()
    await expect(page.locator('[autocomplete=current-password]')).toHaveAttribute('aria-invalid', 'true')
    await inspect(page, 'login-wrong', view)
    await page.locator('[autocomplete=current-password]').fill(OWNER.password)
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/app\/account/)
    await expect(page.locator('h1')).toHaveText(OWNER.name)
  })
}

test('the login leads only to addresses inside the page', async ({ page, daemon }) => {
  await page.goto(`${daemon.url}/login?to=//example.com/`)
  await page.locator('[autocomplete=username]').fill(OWNER.name)
  await page.locator('[autocomplete=current-password]').fill(OWNER.password)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/app\/./)
  expect(new URL(page.url()).origin).toBe(daemon.url)
})

test('the login opens the page of a user who is logged in, and no tab keeps its form', async ({
  context,
  page,
  daemon,
}) => {
  const other = await context.newPage()
  await other.goto(`${daemon.url}/login`)
  await expect(other.locator('[autocomplete=username]')).toBeVisible()
  await page.goto(`${daemon.url}/login?to=/app/account`)
  await page.locator('[autocomplete=username]').fill(OWNER.name)
  await page.locator('[autocomplete=current-password]').fill(OWNER.password)
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/app\/account/)
  // The user returns to the other tab.
  await other.evaluate(() => dispatchEvent(new Event('focus')))
  await expect(other).toHaveURL(/\/app\/today/)
  await page.goto(`${daemon.url}/login?to=/app/tasks`)
  await expect(page).toHaveURL(/\/app\/tasks/)
  await page.goto(`${daemon.url}/login`)
  await expect(page).toHaveURL(/\/app\/today/)
  // The form is not in the history either.
  await page.goBack()
  await expect(page).toHaveURL(/\/app\/tasks/)
})

test('the forgotten password', async ({ page, daemon }) => {
  await prepare(page, VIEWS[1])
  await page.goto(`${daemon.url}/forgot`)
  for (const view of VIEWS.slice(1, 3)) {
    await show(page, view)
    await expect(page.getByText('agentlocator user reset-password NAME')).toBeVisible()
    await inspect(page, 'forgot', view)
  }
})
