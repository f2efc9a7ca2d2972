import { missCall, owner } from './support/api'
import { Daemon } from './support/daemon'
import { expect, inspect, LAYOUTS, logIn, prepare, test } from './support/fixtures'

const MISSED = '+972543187720'

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

for (const view of LAYOUTS) {
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
