import type { Browser, Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, logIn, long, prepare, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'
const LONG = 'שלום, המחיר הוא 420 ש״ח כולל הכול, ואפשר ביום רביעי בעשר'

const field = (page: Page) => page.locator('.write textarea')

/** Opens the conversation on two devices of the same user. */
async function open(desk: Page, browser: Browser, daemon: Daemon) {
  await daemon.start()
  await daemon.receive('כמה זה עולה?', NOA, 'נועה ברק')
  await prepare(desk, VIEWS[0])
  const api = await owner(desk, daemon)
  const { id } = await contactOf(api, NOA)
  const url = `${daemon.url}/app/inbox/${id}`
  const phone = await (await browser.newContext()).newPage()
  await prepare(phone, VIEWS[1])
  await logIn(phone, daemon)
  const { threads } = await api.get<{ threads: { id: number; type: string }[] }>(`/api/contacts/${id}`)
  const thread = threads.find(({ type }) => type === 'whatsapp')?.id
  const stored = async () =>
    (await api.get<{ draft: { text: string } | null }>(`/api/threads/${thread}`)).draft?.text ?? ''
  for (const page of [desk, phone]) {
    await page.goto(url)
    await expect(field(page)).toBeVisible()
  }
  return { phone, url, stored }
}

/** Leaves the conversation with a text that the daemon has not stored. */
async function leaveOffline(page: Page, text: string): Promise<void> {
  await page.route('**/draft', route => route.abort())
  const failed = page.waitForEvent('requestfailed', request => request.url().endsWith('/draft'))
  await field(page).fill(text)
  await failed
  await page.goto('about:blank')
  await page.unroute('**/draft')
}

test('an unsaved draft replaces no newer one of another device', long, async ({ page: desk, browser, ownDaemon }) => {
  const { phone, url, stored } = await open(desk, browser, ownDaemon)
  await leaveOffline(phone, 'רק רגע')
  await field(desk).fill(LONG)
  await expect.poll(stored).toBe(LONG)

  await phone.goto(url)
  await expect(field(phone)).toHaveValue(`${LONG}\nרק רגע`)
  await expect(phone.locator('.toast')).toContainText('מה שנכתב במכשיר אחר נמצא עכשיו גם כאן')
  await expect(field(desk)).toHaveValue(`${LONG}\nרק רגע`)
  await expect.poll(stored).toBe(`${LONG}\nרק רגע`)
  await desk.reload()
  await expect(field(desk)).toHaveValue(`${LONG}\nרק רגע`)
  await phone.context().close()
})

test(
  'words that two devices type at the same time are all kept, and the caret stays',
  long,
  async ({ page: desk, browser, ownDaemon }) => {
    const { phone, stored } = await open(desk, browser, ownDaemon)
    await field(desk).fill('שלום')
    await expect(field(phone)).toHaveValue('שלום')
    await field(phone).press('End')
    await field(phone).pressSequentially(' מהטלפון')
    await field(desk).press('End')
    await field(desk).pressSequentially(' מהמחשב, ועוד כמה מילים', { delay: 60 })
    const both = 'שלום מהטלפון\nשלום מהמחשב, ועוד כמה מילים'
    await expect(field(desk)).toHaveValue(both)
    await expect(field(phone)).toHaveValue(both)
    await expect.poll(stored).toBe(both)

    // The caret was moved into the text: what is typed there stays there.
    await field(desk).press('ArrowLeft')
    await desk.keyboard.press('Home')
    await field(phone).fill(`${both}\nשורה חדשה`)
    await expect(field(desk)).toHaveValue(`${both}\nשורה חדשה`)
    await desk.keyboard.type('רגע, ')
    await expect(field(desk)).toHaveValue('שלום מהטלפון\nרגע, שלום מהמחשב, ועוד כמה מילים\nשורה חדשה')
    await phone.context().close()
  },
)

test('a draft that another device has sent is not restored, and later words are kept', async ({
  page: desk,
  browser,
  ownDaemon,
}) => {
  const { phone, url, stored } = await open(desk, browser, ownDaemon)
  await field(desk).fill('מחר בעשר')
  await expect(field(phone)).toHaveValue('מחר בעשר')
  await leaveOffline(phone, 'מחר בעשר, בקומה השנייה')
  await field(desk).press('Enter')
  await expect.poll(stored).toBe('')
  await phone.goto(url)
  await expect(field(phone)).toHaveValue(', בקומה השנייה')
  await expect(phone.locator('.toast')).toContainText('כאן נשאר מה שנכתב אחר כך')
  await expect(field(desk)).toHaveValue(', בקומה השנייה')

  // Nothing was written after the text that was sent: it can be restored.
  await field(phone).fill('בסדר גמור')
  await expect(field(desk)).toHaveValue('בסדר גמור')
  await field(phone).focus()
  await field(desk).press('Enter')
  await expect(field(phone)).toHaveValue('')
  await phone.locator('.toast').getByRole('button', { name: 'להחזיר' }).click()
  await expect(field(phone)).toHaveValue('בסדר גמור')
  await phone.context().close()
})

test(
  'a text that another tab has stored is continued and not doubled',
  long,
  async ({ page: desk, browser, ownDaemon }) => {
    const { phone, url, stored } = await open(desk, browser, ownDaemon)
    await phone.context().close()
    const other = await desk.context().newPage()
    await other.goto(url)
    await expect(field(other)).toBeVisible()
    // The other tab does not read the thread again before the user continues the text there.
    await other.route(/\/api\/threads\/\d+$/, route => route.abort())
    await field(desk).fill('מחר בע')
    await expect(field(other)).toHaveValue('מחר בע')
    await expect.poll(stored).toBe('מחר בע')
    await field(other).press('End')
    await field(other).pressSequentially('שר')
    await expect.poll(stored).toBe('מחר בעשר')
    await expect(field(other)).toHaveValue('מחר בעשר')
    await expect(field(desk)).toHaveValue('מחר בעשר')
  },
)
