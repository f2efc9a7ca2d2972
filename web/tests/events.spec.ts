import type { BrowserContext, Page } from '@playwright/test'
import { contactOf, type Owner, owner } from './support/api'
import { type Daemon, OWNER } from './support/daemon'
import { alone, expect, long, prepare, test, VIEWS, watch } from './support/fixtures'
import { Network } from './support/proxy'

const NOA = '+972527614408'
const TOM = '+447911123456'
const DANA = '+972509876543'
const WIDE = VIEWS[0]

/** Whether the browser has shared workers. With LONG=1 each outage is also tested without them. */
const WORKERS = process.env.LONG ? [true, false] : [true]

/** Returns the daemon's data that a page shows: badges, lists, and the visible part of a conversation. */
function shown(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const talk = document.querySelector('.talk.scroll')?.getBoundingClientRect()
    const isOut = (row: Element) => {
      const { top, bottom } = row.getBoundingClientRect()
      return talk !== undefined && (bottom < talk.top || top > talk.bottom)
    }
    return [...document.querySelectorAll<HTMLElement>('.rail, main')].flatMap(part => {
      const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT)
      const texts: string[] = []
      while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement
        const text = walker.currentNode.textContent?.trim()
        // Texts that depend on when this page was opened (unread marks, announcements) are not data of the daemon.
        if (!text || !parent || parent.closest('.fresh, .to-end, [role=log]')) continue
        const row = parent.closest('.trow')
        // Relative times are updated only every 20 s, so the time itself is compared.
        if (!row || !isOut(row)) texts.push(parent.closest('time')?.dateTime ?? text)
      }
      return texts
    })
  })
}

/**
 * A conversation opens at its first unread message. Therefore a page must have marked it as read before another page
 * opens it.
 */
async function expectRead(page: Page): Promise<void> {
  const contact = Number(/inbox\/(\d+)/.exec(page.url())?.[1])
  if (!contact) return
  const unread = () =>
    page.evaluate(async contact => {
      const { items } = await (await fetch('/api/inbox')).json()
      return items.find((item: { contact_id: number }) => item.contact_id === contact)?.unread_count
    }, contact)
  await expect.poll(unread).toBe(0)
}

/** Compares a page with the same URL loaded again in the same browser. */
async function expectFresh(page: Page): Promise<void> {
  await expectRead(page)
  const fresh = await page.context().newPage()
  await fresh.setViewportSize(page.viewportSize() ?? { width: 1440, height: 900 })
  await fresh.goto(page.url())
  await settled(fresh)
  await expect(async () => expect(await shown(page)).toEqual(await shown(fresh))).toPass({ timeout: 15_000 })
  await fresh.close()
}

/** Waits until the page shows data. */
async function settled(page: Page): Promise<void> {
  await expect(page.locator('main h1')).toHaveCount(1)
  await expect(page.locator('.skeleton-rows')).toHaveCount(0)
}

/** Starts a daemon with two conversations and a task. */
async function fill(page: Page, daemon: Daemon): Promise<Owner & { noa: number }> {
  await daemon.start()
  await daemon.receive('בוקר טוב', NOA, 'נועה ברק')
  await daemon.receive('Hello', TOM, 'Tom Becker')
  const api = await owner(page, daemon)
  const noa = (await contactOf(api, NOA)).id
  await api.send('POST', '/api/tasks', { title: 'לאשר מחיר', contact_id: noa })
  return { ...api, noa }
}

/** Makes changes that the lists show: messages, a new contact, a new name, a task, and a lead. */
async function change(daemon: Daemon, api: Owner & { noa: number }, count: number): Promise<void> {
  for (let at = 0; at < count; at++) await daemon.receive(`חדשה ${at}`, NOA)
  await daemon.receive('שלום, אני חדשה כאן', DANA, 'דנה כהן')
  await api.send('PATCH', `/api/contacts/${api.noa}`, { display_name: 'נועה כהן' })
  await api.send('POST', '/api/tasks', { title: 'לחזור לדנה' })
  await api.send('POST', '/api/leads', { contact_id: api.noa, title: 'מנוי' })
}

const opened = async (context: BrowserContext, url: string): Promise<Page> => {
  const page = await context.newPage()
  await prepare(page, WIDE)
  await page.goto(url)
  await settled(page)
  return page
}

const PATHS = ['/app/today', '/app/contacts', '/app/tasks', '/app/leads', '/app/inbox?filter=waiting', '/app/calls']

test('eight tabs and another browser equal a fresh load after a crash', async ({ page, browser, ownDaemon }) => {
  test.setTimeout(240_000)
  const api = await fill(page, ownDaemon)
  const { url } = ownDaemon
  const other = await browser.newContext()
  await other.addCookies(await page.context().cookies())
  await prepare(page, WIDE)
  await page.goto(`${url}/app/inbox/${api.noa}`)
  // A browser opens six HTTP/1.1 connections to a host. If each tab kept one open, the seventh tab would load nothing.
  const tabs = [page]
  for (const path of [...PATHS, `/app/contacts/${api.noa}`]) tabs.push(await opened(page.context(), url + path))
  const far = await opened(other, `${url}/app/inbox/${api.noa}`)
  const errors = [...tabs.slice(1), far].flatMap(watch)
  expect(tabs).toHaveLength(8)
  // No change between the last received one and the crash may be lost.
  await ownDaemon.receive('לפני הנפילה', NOA)
  await ownDaemon.stop('SIGKILL')
  await ownDaemon.start()
  await change(ownDaemon, api, 3)
  await expect(page.locator('.trow', { hasText: 'חדשה 2' })).toBeVisible({ timeout: 20_000 })
  for (const tab of [...tabs, far]) await expectFresh(tab)
  expect(errors).toEqual([])
  await other.close()
})

for (const hasWorker of WORKERS) {
  const name = hasWorker ? 'a shared worker' : 'no shared worker'
  alone(`an outage with changes ends with a fresh page, with ${name}`, async ({ page, ownDaemon }) => {
    test.setTimeout(120_000)
    const api = await fill(page, ownDaemon)
    const network = await new Network(ownDaemon.url).open()
    await prepare(page, WIDE)
    const context = page.context()
    if (!hasWorker) await context.addInitScript(() => Reflect.deleteProperty(window, 'SharedWorker'))
    await page.goto(`${network.url}/app/inbox/${api.noa}`)
    await expect(page.locator('.trow .msg')).toHaveCount(1)
    await page.locator('.write textarea').fill('חצי משפט')
    const tabs = [page]
    for (const path of ['/app/today', '/app/contacts']) tabs.push(await opened(context, network.url + path))
    await page.bringToFront()
    await network.cut()
    await expect(page.locator('.strip.off')).toBeVisible({ timeout: 15_000 })
    // Adds more than a page to the conversation, and makes a request fail meanwhile.
    await change(ownDaemon, api, 70)
    await page.locator('.thread', { hasText: 'Tom Becker' }).click()
    await page.goBack()
    // The list keeps its order while the pointer is over it, so the pointer leaves it.
    await page.mouse.move(700, 5)
    await network.open()
    await expect(page.locator('.strip.off')).toHaveCount(0, { timeout: 15_000 })
    await expect(page.locator('.trow', { hasText: 'חדשה 69' })).toBeVisible({ timeout: 15_000 })
    await expect(page.locator('.write textarea')).toHaveValue('חצי משפט')
    for (const tab of tabs) {
      await tab.bringToFront()
      await expectFresh(tab)
    }
    await network.cut()
  })
}

for (const isKnown of [true, false]) {
  test(
    `10,000 missed changes end with a fresh page, ${isKnown ? 'all known' : 'most of them no longer known'}`,
    isKnown ? long : {},
    async ({ page, ownDaemon }) => {
      test.setTimeout(120_000)
      const api = await fill(page, ownDaemon)
      const network = await new Network(ownDaemon.url).open()
      await prepare(page, WIDE)
      await page.goto(`${network.url}/app/inbox/${api.noa}`)
      await expect(page.locator('.trow .msg')).toHaveCount(1)
      const today = await opened(page.context(), `${network.url}/app/today`)
      await network.cut()
      await change(ownDaemon, api, 5)
      await ownDaemon.stop()
      await ownDaemon.database(database => {
        database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
        INSERT INTO changes(at, kind, thread_id, ref_id) SELECT '2026-11-20T08:00:00.000Z', 'thread_updated', 1, 1 FROM n`)
        // Simulates so many changes that the daemon has deleted this browser's position.
        if (!isKnown) database.exec('DELETE FROM changes WHERE seq < (SELECT max(seq) FROM changes) - 100')
      })
      await ownDaemon.start()
      // If the daemon had adopted a replaced database, the page would fetch everything again, and the test would show
      // nothing.
      expect(ownDaemon.log.filter(({ event }) => event === 'STORE_ADOPTED')).toEqual([])
      await ownDaemon.receive('אחרי הכול', NOA)
      await network.open()
      await expect(page.locator('.trow', { hasText: 'אחרי הכול' })).toBeVisible({ timeout: 20_000 })
      for (const tab of [page, today]) await expectFresh(tab)
      await network.cut()
    },
  )
}

for (const hasWorker of WORKERS) {
  const name = hasWorker ? 'a shared worker' : 'no shared worker'
  alone(
    `a tab that the browser froze equals a fresh load when it continues, with ${name}`,
    long,
    async ({ page, ownDaemon }) => {
      test.setTimeout(120_000)
      const api = await fill(page, ownDaemon)
      await prepare(page, WIDE)
      if (!hasWorker) await page.context().addInitScript(() => Reflect.deleteProperty(window, 'SharedWorker'))
      await page.goto(`${ownDaemon.url}/app/inbox/${api.noa}`)
      await expect(page.locator('.trow .msg')).toHaveCount(1)
      await page.locator('.write textarea').fill('חצי משפט')
      const session = await page.context().newCDPSession(page)
      await session.send('Page.setWebLifecycleState', { state: 'frozen' })
      await change(ownDaemon, api, 20)
      // The daemon also restarts while the tab is frozen and receives nothing.
      await ownDaemon.stop()
      await ownDaemon.start()
      await ownDaemon.receive('אחרי הכול', NOA)
      await session.send('Page.setWebLifecycleState', { state: 'active' })
      await expect(page.locator('.trow', { hasText: 'אחרי הכול' })).toBeVisible({ timeout: 50_000 })
      await expect(page.locator('.write textarea')).toHaveValue('חצי משפט')
      await expectFresh(page)
    },
  )
}

alone(
  'a login that ended during two hours without network leads back to the same place',
  long,
  async ({ page, ownDaemon }) => {
    const api = await fill(page, ownDaemon)
    const network = await new Network(ownDaemon.url).open()
    await prepare(page, WIDE)
    await page.clock.install()
    await page.goto(`${network.url}/app/inbox/${api.noa}`)
    await page.locator('.write textarea').fill('חצי משפט')
    await expect(page.locator('.draft, .write textarea').first()).toBeVisible()
    await expect.poll(async () => JSON.stringify(await api.get(`/api/inbox?limit=5`))).toContain('חצי משפט')
    await network.cut()
    await page.clock.fastForward('02:00:00')
    await expect(page.locator('.strip.off')).toBeVisible({ timeout: 15_000 })
    await change(ownDaemon, api, 3)
    await api.send('POST', '/api/logout')
    await network.open()
    await expect(page).toHaveURL(/\/login\?to=/, { timeout: 20_000 })
    await page.locator('[autocomplete=username]').fill(OWNER.name)
    await page.locator('[autocomplete=current-password]').fill(OWNER.password)
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(new RegExp(`/app/inbox/${api.noa}$`))
    await expect(page.locator('.trow', { hasText: 'חדשה 2' })).toBeVisible()
    await expect(page.locator('.write textarea')).toHaveValue('חצי משפט')
    await network.cut()
  },
)

alone('a stream that a proxy refused starts again, and nothing is missed', long, async ({ page, ownDaemon }) => {
  const api = await fill(page, ownDaemon)
  await prepare(page, WIDE)
  await page.context().addInitScript(() => Reflect.deleteProperty(window, 'SharedWorker'))
  await page.goto(`${ownDaemon.url}/app/inbox/${api.noa}`)
  await expect(page.locator('.trow .msg')).toHaveCount(1)
  let isRefused = true
  await page.route('**/api/events*', route => (isRefused ? route.fulfill({ status: 502 }) : route.continue()))
  const refused = page.waitForResponse(response => response.status() === 502)
  await ownDaemon.stop()
  await ownDaemon.start()
  await refused
  await change(ownDaemon, api, 3)
  isRefused = false
  await expect(page.locator('.trow', { hasText: 'חדשה 2' })).toBeVisible({ timeout: 15_000 })
  await expectFresh(page)
})
