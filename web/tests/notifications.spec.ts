import type { BrowserContext, Page } from '@playwright/test'
import { contactOf, missCall, owner } from './support/api'
import { expect, inspect, layouts, logIn, long, prepare, test, VIEWS, watch } from './support/fixtures'

const DANA = '+972509876543'
const NOA = '+972527614408'
const TOM = '+447911123456'

interface Shown {
  title: string
  body: string
  tag: string
}

// The recorder of notifications cannot be removed from a context.
test.use({ sharesContext: false })

/** Records the page's notifications, and lets a test decide whether a tab is visible. */
async function record(context: BrowserContext): Promise<void> {
  await context.grantPermissions(['notifications'])
  await context.addInitScript(() => {
    const shown: Shown[] = []
    const closed: string[] = []
    let last: Recorded | undefined
    class Recorded {
      static permission = 'granted'
      static requestPermission = async () => 'granted'
      onclick: (() => void) | null = null
      readonly tag: string
      constructor(title: string, { body = '', tag = '' }: NotificationOptions = {}) {
        this.tag = tag
        shown.push({ title, body, tag })
        last = this
      }
      close() {
        closed.push(this.tag)
      }
    }
    // The page queries the locks to find out whether a tab is visible, so the queries are counted.
    let looks = 0
    // A blank page has no locks.
    const { locks } = navigator as { locks?: LockManager }
    const query = locks?.query.bind(locks)
    if (locks && query) {
      locks.query = async () => {
        const found = await query()
        looks += 1
        return found
      }
    }
    let state = 'visible'
    Object.defineProperty(document, 'visibilityState', { get: () => state })
    Object.assign(window, {
      Notification: Recorded,
      shown,
      goneTags: closed,
      looks: () => looks,
      clickNotification: () => last?.onclick?.(),
      setVisible: (isVisible: boolean) => {
        state = isVisible ? 'visible' : 'hidden'
        document.dispatchEvent(new Event('visibilitychange'))
      },
    })
  })
}

const shown = (page: Page) => page.evaluate(() => (window as unknown as { shown: Shown[] }).shown)
const closed = (page: Page) => page.evaluate(() => (window as unknown as { goneTags: string[] }).goneTags)
const looks = (page: Page) => page.evaluate(() => (window as unknown as { looks: () => number }).looks())
const setVisible = (page: Page, isVisible: boolean) =>
  page.evaluate(now => (window as unknown as { setVisible: (now: boolean) => void }).setVisible(now), isVisible)

/**
 * Turns the notifications on in the settings. `more` names additional switches, such as the one for the text of
 * messages.
 */
async function turnOn(page: Page, url: string, more: readonly string[] = []): Promise<void> {
  await page.goto(`${url}/app/settings/notifications`)
  for (const name of ['להודיע בדפדפן הזה', ...more]) await page.getByRole('switch', { name }).check()
  // Waits until one tab is the leader. It may not have fetched yet what is already waiting.
  await expect
    .poll(() => page.evaluate(async () => (await navigator.locks.query()).held?.map(({ name }) => name)))
    .toContain('agentlocator.notifier')
}

for (const view of layouts('desktop')) {
  test(`the switches of the notifications, ${view.language} ${view.width}`, async ({ page, context, daemon }) => {
    await record(context)
    await prepare(page, view)
    await logIn(page, daemon)
    await page.goto(`${daemon.url}/app/settings/notifications`)
    const switches = page.locator('main').getByRole('switch')
    await expect(switches).toHaveCount(5)
    await expect(switches.nth(1)).toBeDisabled()
    await inspect(page, 'notifications-off', view)
    await switches.first().check()
    await expect(switches.nth(1)).toBeChecked()
    await expect(switches.nth(3)).not.toBeChecked()
    await expect(switches.nth(4)).not.toBeChecked()
    await inspect(page, 'notifications-on', view)
    await page.locator('.notify-switches > .btn').click()
    await expect.poll(() => shown(page)).toMatchObject([{ tag: 'example' }])
    // The settings are stored in this browser.
    await page.reload()
    await expect(switches.first()).toBeChecked()
    await switches.first().uncheck()
    await expect(switches.nth(1)).toBeDisabled()
  })
}

test('without permission and over plain http the page says why, and asks nothing by itself', async ({
  page,
  daemon,
}) => {
  await prepare(page, VIEWS[0])
  await page.addInitScript(() => {
    let asked = 0
    const requestPermission = async () => {
      asked += 1
      return 'denied'
    }
    Object.assign(window, { Notification: { permission: 'denied', requestPermission }, asked: () => asked })
    if (localStorage.getItem('plain')) Object.defineProperty(window, 'isSecureContext', { value: false })
  })
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/settings/notifications`)
  await expect(page.locator('.problem')).toContainText('חסומות')
  await expect(page.getByRole('switch').first()).toBeDisabled()
  await inspect(page, 'notifications-denied', VIEWS[0])
  expect(await page.evaluate(() => (window as unknown as { asked: () => number }).asked())).toBe(0)
  await page.evaluate(() => localStorage.setItem('plain', '1'))
  await page.reload()
  await expect(page.locator('.problem')).toContainText('http')
  await expect(page.getByRole('switch')).toHaveCount(0)
  await inspect(page, 'notifications-http', VIEWS[0])
})

test('a message is reported once, by one of two hidden tabs, without its words; a click opens the conversation', async ({
  page,
  context,
  ownDaemon,
}) => {
  await record(context)
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  await ownDaemon.receive('הודעה ישנה', DANA, 'דנה כהן')
  await turnOn(page, ownDaemon.url)
  const other = await context.newPage()
  const errors = watch(other)
  await prepare(other, VIEWS[0])
  await other.goto(`${ownDaemon.url}/app/inbox`)
  await expect(other).toHaveTitle('(1) פניות')
  const all = async () => [...(await shown(page)), ...(await shown(other))]

  // One tab is visible, which shows the message itself.
  await setVisible(page, false)
  const before = await looks(page)
  await ownDaemon.receive('בזמן שהדף פתוח', NOA, 'נועה ברק')
  await expect(other).toHaveTitle('(2) פניות')
  // The first tab is the leader. The title may be updated before the leader has handled the message.
  await expect.poll(() => looks(page)).toBeGreaterThan(before)
  await setVisible(other, false)
  expect(await all()).toEqual([])

  await ownDaemon.receive('הסוד של דנה', DANA, 'דנה כהן')
  await expect.poll(all).toEqual([{ title: 'דנה כהן', body: 'הודעה חדשה', tag: expect.stringContaining('contact-') }])
  const leader = (await shown(page)).length > 0 ? page : other
  await leader.evaluate(() => (window as unknown as { clickNotification: () => void }).clickNotification())
  const { id } = await contactOf(api, DANA)
  await expect(leader).toHaveURL(`${ownDaemon.url}/app/inbox/${id}`)

  // A user has handled the conversation, so its notification is closed.
  await ownDaemon.receive('עוד אחת', DANA, 'דנה כהן')
  await expect.poll(async () => (await all()).length).toBe(2)
  const gone = (await closed(leader)).length
  await api.send('POST', `/api/inbox/${id}/archive`)
  await expect.poll(async () => (await closed(leader)).length).toBeGreaterThan(gone)

  expect(errors).toEqual([])
  await other.close()
})

test(
  'notifications show words and live calls by choice, and missed calls',
  long,
  async ({ page, context, ownDaemon }) => {
    await record(context)
    await ownDaemon.start()
    await prepare(page, VIEWS[0])
    const api = await owner(page, ownDaemon)
    await turnOn(page, ownDaemon.url, ['גם את מה שנכתב', 'שיחה שמתנהלת עכשיו'])
    await setVisible(page, false)
    await ownDaemon.receive('אפשר תור למחר?', DANA, 'דנה כהן')
    await expect.poll(() => shown(page)).toMatchObject([{ title: 'דנה כהן', body: 'הודעה חדשה: אפשר תור למחר?' }])
    const bodies = async () => (await shown(page)).map(({ body }) => body)
    // Without an AI, the caller leaves a message.
    await ownDaemon.call(['--from', NOA, '--script', 'wait 6s; say 2s; stay']).catch(() => undefined)
    await expect.poll(bodies).toContain('שיחה עכשיו')
    await expect.poll(bodies).toContain('השאירו הודעה')
    expect((await shown(page)).at(-1)?.title).toBe('052-761-4408')
    await missCall(api, ownDaemon, TOM)
    await expect.poll(bodies).toContain('שיחה שלא נענתה')
  },
)

test.describe('service worker', () => {
  test.use({ serviceWorkers: 'allow' })

  test('a click on its notification keeps an unsaved form, and otherwise opens the conversation without a reload', async ({
    page,
    context,
    ownDaemon,
  }) => {
    await ownDaemon.start()
    await prepare(page, VIEWS[0])
    const api = await owner(page, ownDaemon)
    await ownDaemon.receive('שלום', TOM, 'Tom')
    const { id } = await contactOf(api, TOM)
    await page.goto(`${ownDaemon.url}/app/contacts/${id}`)
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    const [worker] = context.serviceWorkers()
    const click = () => worker?.evaluate(clickInWorker, `/app/inbox/${id}`)
    await page.getByRole('button', { name: 'שינוי השם' }).click()
    const name = page.getByRole('textbox', { name: 'שם' })
    await name.fill('Tomer')
    await page.evaluate(() => Object.assign(window, { isSame: true }))
    expect(await click()).toEqual(['focus'])
    await expect(page.getByRole('button', { name: 'לעבור בכל זאת' })).toBeVisible()
    await expect(name).toHaveValue('Tomer')

    await name.fill('Tom')
    expect(await click()).toEqual(['focus'])
    await expect(page).toHaveURL(`${ownDaemon.url}/app/inbox/${id}`)
    expect(await page.evaluate(() => 'isSame' in window)).toBe(true)
  })
})

/**
 * Runs in the service worker: clicks a notification, and returns what the service worker did with windows. A browser
 * allows that only after a user's click, so the functions are replaced.
 */
async function clickInWorker(url: string): Promise<string[]> {
  const worker = self as unknown as {
    clients: object
    WindowClient: { prototype: object }
  }
  const did: string[] = []
  const done = new Promise<void>(resolve => {
    const record = (what: string) => {
      did.push(what)
      resolve()
    }
    Object.assign(worker.clients, { openWindow: async (href: string) => record(`open ${href}`) })
    Object.assign(worker.WindowClient.prototype, { focus: async () => record('focus') })
  })
  const notification = { data: { url }, close: () => undefined }
  dispatchEvent(Object.assign(new Event('notificationclick'), { notification, waitUntil: () => undefined }))
  await done
  return did
}

test('the title counts what waits, on every page, and the count ends with the session', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/calls`)
  await expect(page).toHaveTitle('שיחות')
  await ownDaemon.receive('שלום', DANA, 'דנה כהן')
  await expect(page).toHaveTitle('(1) שיחות')
  await ownDaemon.receive('שלום', NOA, 'נועה ברק')
  await expect(page).toHaveTitle('(2) שיחות')
  await page.getByRole('link', { name: 'לקוחות' }).first().click()
  await expect(page).toHaveTitle('(2) לקוחות')
  const { id } = await contactOf(api, DANA)

  await api.send('POST', `/api/inbox/${id}/archive`)
  await expect(page).toHaveTitle('(1) לקוחות')
  await page.context().clearCookies()
  await page.reload()
  await expect(page).not.toHaveTitle(/\(/)
})
