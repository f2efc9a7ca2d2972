import { type Browser, type BrowserContext, expect, type Page, test } from '@playwright/test'
import { type Daemon, preparedSession } from '../tests/support/daemon'
import { shop } from './data'
import { report } from './report'

/**
 * Measures the time until each of {@link PAGES} shows its data on a slow phone, and, at full speed, the time from a
 * message's webhook until the message is shown. Prints each figure and its goal; with BENCH_STRICT=1 a missed goal
 * fails the test.
 */

/** A phone's processor, four times slower than this machine, and the latency and throughput of Lighthouse's slow 4G. */
const CPU_RATE = 4
const SLOW_4G = { latency: 150, downloadThroughput: (1.6e6 / 8) | 0, uploadThroughput: (750e3 / 8) | 0, offline: false }
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7)

const PAGES = [
  { name: 'today', path: '/app/today', ready: 'main .thread, main .w, main .task' },
  { name: 'inbox', path: '/app/inbox', ready: '.thread' },
  { name: 'contacts', path: '/app/contacts', ready: 'main a[href^="/app/contacts/"]' },
] as const

/**
 * Writes the time at which the selector is first on the screen to the console. Neither Playwright's waiting functions nor
 * a check in each frame are used, because both are slowed down with the page and would count as its work.
 */
function watch(selector: string): void {
  const look = () => {
    if (!document.querySelector(selector)?.getClientRects().length) return
    observer.disconnect()
    requestAnimationFrame(() => setTimeout(() => console.debug(`ready ${performance.now()}`)))
  }
  const observer = new MutationObserver(look)
  observer.observe(document, { childList: true, subtree: true })
}

async function slowDown(page: Page, network: boolean): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_RATE })
  await session.send('Network.enable')
  if (network) await session.send('Network.emulateNetworkConditions', SLOW_4G)
}

/** Loads a path in a new tab. Returns the milliseconds until it is ready, and the bytes received over the network. */
async function load(context: BrowserContext, url: string, selector: string, network: boolean) {
  const page = await context.newPage()
  await slowDown(page, network)
  await page.addInitScript(watch, selector)
  const ready = page.waitForEvent('console', { predicate: line => line.text().startsWith('ready '), timeout: 30_000 })
  await page.goto(url, { waitUntil: 'commit' })
  const took = Number((await ready).text().slice('ready '.length))
  const bytes = await page.evaluate(() =>
    (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).reduce(
      (sum, { transferSize }) => sum + transferSize,
      0,
    ),
  )
  await page.close()
  return { took, bytes }
}

async function visitor(browser: Browser, daemon: Daemon): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'he-IL' })
  await context.addCookies((await preparedSession()).map(cookie => ({ ...cookie, url: daemon.url })))
  return context
}

test('the page on a slow phone', async ({ browser }) => {
  test.setTimeout(600_000)
  const daemon = await shop()
  for (const { name, path, ready } of PAGES) {
    const [cold, warm, near]: [number[], number[], number[]] = [[], [], []]
    let bytes = 0
    for (let round = 0; round < ROUNDS; round++) {
      const context = await visitor(browser, daemon)
      const first = await load(context, daemon.url + path, ready, true)
      cold.push(first.took)
      bytes = first.bytes
      warm.push((await load(context, daemon.url + path, ready, true)).took)
      near.push((await load(context, daemon.url + path, ready, false)).took)
      await context.close()
    }
    report(`${name}, first visit on slow 4G (${(bytes / 1000).toFixed(0)} KB)`, cold, 2500)
    report(`${name}, later visit on slow 4G`, warm, 1000)
    report(`${name}, later visit on a fast network`, near, 1000)
  }
  report('a message from its webhook to the screen', await messages(browser, daemon), 300)
  await daemon.remove()
})

/**
 * Returns the milliseconds from sending a webhook until its text is visible in the list. The page runs at full speed.
 */
async function messages(browser: Browser, daemon: Daemon): Promise<number[]> {
  const context = await visitor(browser, daemon)
  const page = await context.newPage()
  await page.goto(`${daemon.url}/app/inbox`)
  await page.locator('.thread').first().waitFor()
  const times: number[] = []
  for (let round = 0; round < 20; round++) {
    const text = `מדידה ${round} ${Date.now()}`
    const drawn = page.evaluate(
      text =>
        new Promise<number>(resolve => {
          const look = () => {
            if (document.querySelector('.thread')?.textContent?.includes(text)) resolve(Date.now())
            else requestAnimationFrame(look)
          }
          look()
        }),
      text,
    )
    const began = Date.now()
    const answer = await context.request.post(`${daemon.url}/webhook/whatsapp/baileys`, {
      headers: { 'X-BAILEYS-SECRET': 'a-secret-for-the-tests-of-the-page' },
      data: { from: '972541234567', text, provider_msg_id: text, push_name: 'דנה' },
    })
    expect(answer.status()).toBe(204)
    times.push((await drawn) - began)
  }
  await context.close()
  return times
}
