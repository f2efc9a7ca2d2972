import { type CDPSession, expect, type Page, test } from '@playwright/test'
import { Daemon, OWNER } from '../tests/support/daemon'
import { report } from './report'

/**
 * Measures interactions on an old phone: six times slower than this machine, on Fast 3G. Prints each figure and its
 * goal; with BENCH_STRICT=1 a missed goal fails the test. `load.spec.ts` measures a mid-range phone.
 */
const CPU_RATE = 6
const FAST_3G = { latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8, offline: false }
const ROUNDS = 5

async function slowDown(page: Page): Promise<CDPSession> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', FAST_3G)
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_RATE })
  return session
}

/** Returns the milliseconds from an action in the page until the selector is visible. */
const until = (page: Page, act: 'press' | 'type', on: string, selector: string): Promise<number> =>
  page.evaluate(
    ([act, on, selector]) =>
      new Promise<number>(resolve => {
        const target = document.querySelector<HTMLElement>(on)
        const began = performance.now()
        if (act === 'press') target?.click()
        else if (target) {
          target.focus()
          document.execCommand('insertText', false, 'ש')
        }
        const look = () => {
          const found = document.querySelector(selector)
          const value = found instanceof HTMLTextAreaElement ? found.value.length : found ? 1 : 0
          if (value > 0) requestAnimationFrame(() => resolve(performance.now() - began))
          else requestAnimationFrame(look)
        }
        look()
      }),
    [act, on, selector] as const,
  )

test('an old phone on Fast 3G', async ({ browser }) => {
  test.setTimeout(600_000)
  const daemon = new Daemon()
  await daemon.start()
  await daemon.stop()
  await daemon.cli(['simulate', 'crm', '--people', '1000', '--messages', '10000', '--calls', '1000'])
  await daemon.start()
  const figures: Record<'cold' | 'warm' | 'thread' | 'letter' | 'task', number[]> = {
    cold: [],
    warm: [],
    thread: [],
    letter: [],
    task: [],
  }
  for (let round = 0; round < ROUNDS; round++) {
    const context = await browser.newContext({
      viewport: { width: 360, height: 740 },
      deviceScaleFactor: 2,
      hasTouch: true,
    })
    expect((await context.request.post(`${daemon.url}/api/login`, { data: OWNER })).status()).toBe(200)
    for (const kind of ['cold', 'warm'] as const) {
      const page = await context.newPage()
      await slowDown(page)
      await page.addInitScript(() => {
        const noted = window as unknown as { tasks: number[] }
        noted.tasks = []
        new PerformanceObserver(list => noted.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe(
          {
            type: 'longtask',
          },
        )
      })
      await page.goto(`${daemon.url}/app/inbox`)
      await page.locator('.tabs a').first().waitFor()
      figures[kind].push(await page.evaluate(() => performance.now()))
      await page.locator('.thread').nth(5).waitFor()
      if (kind === 'warm') {
        await page.evaluate(() => (window as unknown as { tasks: number[] }).tasks.splice(0))
        figures.thread.push(await until(page, 'press', '.thread', '.trow .msg'))
        figures.letter.push(await until(page, 'type', '.write textarea', '.write textarea'))
        const tasks = await page.evaluate(() => (window as unknown as { tasks: number[] }).tasks)
        figures.task.push(Math.max(0, ...tasks))
      }
      await page.close()
    }
    await context.close()
  }
  await daemon.remove()
  report('the bar of the page, first visit', figures.cold, 4000)
  report('the bar of the page, later visit', figures.warm, 1500)
  report('a press on a conversation until its messages', figures.thread, 200)
  report('a key until its letter', figures.letter, 50)
  report('the longest task after loading', figures.task, 200)
})
