import { missCall, owner } from './support/api'
import { Daemon } from './support/daemon'
import { expect, inspect, inspectAll, layouts, logIn, prepare, show, test, VIEWS } from './support/fixtures'

const MISSED = '+972543187720'
const OTHERS = ['+972541112233', '+972542223344']

let daemon: Daemon

test.describe.configure({ mode: 'serial' })
test.beforeAll(async ({ browser }) => {
  test.setTimeout(90_000)
  // The allowed hours begin in an hour at the earliest, so that the call waits and Twilio is not asked to dial.
  daemon = await new Daemon({ OPENAI_BASE_URL: 'http://127.0.0.1:9/v1', OPENAI_API_KEY: 'any' }).start()
  const page = await browser.newPage()
  const api = await owner(page, daemon)
  const hour = Number(
    new Intl.DateTimeFormat('en', { timeZone: 'Asia/Jerusalem', hour: 'numeric', hourCycle: 'h23' }).format(),
  )
  const [from, until] = hour < 22 ? [hour + 2, 24] : [1, 20]
  const changes = { 'agent.calls_from_hour': from, 'agent.calls_until_hour': until }
  await api.send('PATCH', '/api/settings', { changes })
  await missCall(api, daemon, MISSED)
  await page.close()
})
test.afterAll(async () => {
  await daemon?.remove()
})

for (const view of layouts('phone')) {
  const he = view.language === 'he'
  test(`the agent is asked to call back, and the call is cancelled, ${view.language} ${view.width}`, async ({
    page,
  }) => {
    await prepare(page, view)
    await logIn(page, daemon)
    await page.goto(`${daemon.url}/app/calls?outcome=missed`)
    await page.locator('.call-row a').first().click()
    await page.getByRole('button', { name: he ? 'שהסוכן יחזור' : 'Let the agent call back' }).click()
    await page
      .getByRole('textbox', { name: he ? 'למה הסוכן מתקשר?' : 'Why does the agent call?' })
      .fill('לתאם את התור שביקשת')
    await inspect(page, 'call-back-form', view)
    await page.getByRole('button', { name: he ? 'להתקשר' : 'Call', exact: true }).click()
    const planned = page.locator('.call-back')
    await expect(planned).toContainText(he ? 'הסוכן יתקשר' : 'The agent will call')
    await expect(planned).toContainText('לתאם את התור שביקשת')
    await inspect(page, 'call-back-planned', view)
    await planned.getByRole('button', { name: he ? 'לבטל את השיחה' : 'Cancel the call' }).click()
    await expect(page.getByRole('button', { name: he ? 'שהסוכן יחזור' : 'Let the agent call back' })).toBeVisible()
  })
}

test('several callers are called back from the list', async ({ page }) => {
  await prepare(page, VIEWS[0])
  const api = await owner(page, daemon)
  for (const number of OTHERS) await missCall(api, daemon, number)
  const { calls } = await api.get<{ calls: { id: number; contact_id: number }[] }>('/api/calls?outcome=missed')
  const [newest, second] = calls
  if (!newest || !second) throw new Error('the calls are missing')
  await page.goto(`${daemon.url}/app/calls?outcome=missed`)
  await page.getByRole('button', { name: 'שהסוכן יחזור לכמה מתקשרים' }).click()
  const dialog = page.getByRole('dialog', { name: 'למי שהסוכן יחזור?' })
  const boxes = dialog.getByRole('checkbox')
  await expect(boxes).toHaveCount(4)
  await expect(dialog.getByRole('button', { name: 'להתקשר' })).toBeDisabled()
  await boxes.first().check()
  await expect(boxes.nth(3)).toBeChecked()
  await inspectAll(page, 'call-back-several')
  await show(page, VIEWS[0])
  // A colleague plans the call to the newest caller meanwhile, so it leaves the list.
  await api.send('POST', '/api/calls', { to: [{ call_id: newest.id }], purpose: 'של עמית' })
  await expect(boxes).toHaveCount(3)
  // The next caller is blocked. The dialog learns this from the response to its request.
  await api.send('PUT', `/api/contacts/${second.contact_id}/block`, { blocked: true })
  await dialog.getByRole('button', { name: 'להתקשר לשניים' }).click()
  await expect(dialog.getByRole('alert')).toContainText('הלקוח חסום')
  await expect(page.getByText('הסוכן יחזור למתקשר אחד')).toBeVisible()
  await expect(boxes).toHaveCount(2)
  await expect(dialog.getByRole('button', { name: 'להתקשר' })).toBeDisabled()
  const planned = await api.get<{ items: unknown[] }>('/api/outbound-calls?state=waiting')
  expect(planned.items).toHaveLength(2)
  await page.goBack()
  await expect(dialog).toBeHidden()
  await expect(page).toHaveURL(`${daemon.url}/app/calls?outcome=missed`)
})
