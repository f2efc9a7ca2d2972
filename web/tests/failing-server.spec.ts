import type { Locator, Page, Route } from '@playwright/test'
import { contactOf, owner } from './support/api'
import { alone, expect, logIn, long, prepare, test, VIEWS } from './support/fixtures'
import { Network } from './support/proxy'
import { fillShop, NOA, screensOf, settled, visit } from './support/shop'

const TEXTS = { name: 'נועה ברק', text: 'אפשר להקדים את התור?', fileName: 'הצעה.pdf' }

/** Requests that do not belong to a screen: the session, the first set-up, and the streams. */
const APART = /^\/api\/(session|events|setup|calls\/\d+\/listen)$/

const patternOf = (url: string): string => new URL(url).pathname.replace(/\/\d+(?=\/|$)/g, '/{id}')

/**
 * The screen that must show the failure of a path that several screens fetch. Without LONG=1, only these paths are
 * tested, because the test of each path loads a page.
 */
const HOME: Record<string, string> = {
  '/api/alerts': 'problems',
  '/api/calls': 'calls',
  '/api/contacts': 'contacts',
  '/api/contacts/{id}': 'contact',
  '/api/inbox': 'inbox',
  '/api/services': 'services',
  '/api/settings': 'phone',
  '/api/setup/progress': 'setup',
  '/api/tasks': 'tasks',
}

/** Returns the paths that the screens fetch, each with one screen that fetches it. */
async function pathsOf(page: Page, url: string, screens: Record<string, string>): Promise<Map<string, string>> {
  const paths = new Map<string, string>()
  let screen = ''
  page.on('request', request => {
    const path = patternOf(request.url())
    if (request.method() !== 'GET' || !path.startsWith('/api/') || APART.test(new URL(request.url()).pathname)) return
    if (!paths.has(path)) paths.set(path, HOME[path] ?? screen)
  })
  await page.goto(`${url}/app/more`)
  for (const [name, path] of Object.entries(screens)) {
    screen = name
    await visit(page, path)
  }
  await settled(page)
  return paths
}

/**
 * Runs in the page: its requests to the path in `sessionStorage.failing` fail with the status 413, which the page does
 * not retry by itself; retries would take seconds. With a Playwright route instead, the browser would load the page's
 * code again for each path.
 */
function failInPage(): void {
  const { fetch } = window
  window.fetch = async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input, location.href)
    const isFailing = pathname.replace(/\/\d+(?=\/|$)/g, '/{id}') === sessionStorage.getItem('failing')
    return isFailing ? new Response('<h1>Request Entity Too Large</h1>', { status: 413 }) : fetch(input, init)
  }
}

const ofPath = (path: string) => (url: URL) => url.pathname.startsWith('/api/') && patternOf(url.href) === path

/** The error messages of the page. */
const alerts = (page: Page) => page.locator('main [role=alert], [role=dialog] [role=alert], .strip[role=alert]')

test('each request of the screens may fail alone: the screen says so, and recovers', async ({ page, ownDaemon }) => {
  test.setTimeout(240_000)
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const screens = screensOf(await fillShop(page, ownDaemon, TEXTS))
  const silent: string[] = []
  await page.addInitScript(failInPage)
  const paths = await pathsOf(page, ownDaemon.url, screens)
  expect([...paths.keys()]).toEqual(expect.arrayContaining(Object.keys(HOME)))
  for (const [path, screen] of paths) {
    if (!process.env.LONG && !(path in HOME)) continue
    const what = `${screen} without ${path}`
    await page.evaluate(path => sessionStorage.setItem('failing', path), path)
    await page.goto(ownDaemon.url + screens[screen])
    await expect(page.locator('main'), what).toHaveCount(1)
    await expect(page.locator('.skeleton-rows'), what).toHaveCount(0)
    await expect(page.getByText('הדף הזה נכשל'), what).toHaveCount(0)
    const isSaid = await appears(alerts(page))
    await expect(page.locator('main h1'), what).toHaveCount(1)
    // biome-ignore lint/performance/useDomNodeTextContent: only what is shown counts
    const text = (await page.locator('body').innerText()).replace(/\s+/g, ' ')
    expect(text, what).not.toMatch(/HTTP \d|Entity Too Large|undefined|NaN|Unexpected token/)
    const retry = page.locator('main, .strips, [role=dialog]').getByRole('button', { name: 'לנסות שוב' })
    const canRetry = isSaid && (await appears(retry))
    // From here on an event may cause a refetch, by which the page recovers by itself.
    await page.evaluate(() => sessionStorage.removeItem('failing'))
    if (!isSaid) {
      silent.push(what)
      continue
    }
    if (!canRetry) silent.push(`${what}: no retry`)
    await expect(async () => {
      // The page may recover between `count` and `click`, so that the button disappears.
      if (await retry.count()) await retry.first().click({ timeout: 2_000 })
      expect(await retry.count()).toBe(0)
    }, what).toPass({ timeout: 15_000 })
  }
  expect(silent, 'fail without a word').toEqual([])
})

/** Resolves with true if the element appears within five seconds. */
const appears = (found: Locator): Promise<boolean> =>
  found
    .first()
    .waitFor({ timeout: 5_000 })
    .then(
      () => true,
      () => false,
    )

/** The ways in which a request can fail, and the message that the page shows for each. */
const MODES: { name: string; answer: (route: Route) => unknown; he: string }[] = [
  {
    name: '500',
    answer: route =>
      route.fulfill({ status: 500, json: { ok: false, error: { code: 'internal', message: 'broken' } } }),
    he: 'אירעה תקלה במכונה',
  },
  {
    name: '503 of a proxy',
    answer: route => route.fulfill({ status: 503, contentType: 'text/html', body: '<h1>Service Unavailable</h1>' }),
    he: 'המכונה לא עונה כרגע',
  },
  {
    name: 'half of the JSON',
    answer: route => route.fulfill({ status: 200, contentType: 'application/json', body: '{"items":[{"id":1,' }),
    he: 'התשובה שהגיעה לא שלמה',
  },
  { name: 'no answer', answer: () => undefined, he: 'זה נמשך יותר מדי' },
]

alone('an answer that is an error, cut off, or never comes is reported, with a retry', async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  await prepare(page, VIEWS[1])
  await logIn(page, ownDaemon)
  await ownDaemon.receive('בוקר טוב', NOA, 'נועה ברק')
  await page.clock.install()
  for (const { name, answer, he } of MODES) {
    let asked = 0
    await page.route(ofPath('/api/contacts'), route => {
      asked++
      return answer(route)
    })
    await page.goto(`${ownDaemon.url}/app/contacts`)
    await expect.poll(() => asked).toBeGreaterThan(0)
    const alert = page.locator('main [role=alert]')
    // All automatic retries together, and the time limit of a read, take at most 10 s.
    for (let second = 0; second < 10 && !(await alert.count()); second++) {
      await page.clock.runFor(1_000)
      await page.evaluate(() => undefined)
    }
    await expect(alert, name).toContainText(he)
    await expect(page.locator('.skeleton-rows'), name).toHaveCount(0)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await alert.getByRole('button').click()
    await expect(page.locator('tbody tr'), name).toHaveCount(1)
  }
})

test('a change that fails is undone, with its reason, and can be retried', long, async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const { send, noa } = await fillShop(page, ownDaemon, TEXTS)
  await send('POST', '/api/tasks', { title: 'לאשר מחיר' })
  await page.goto(`${ownDaemon.url}/app/tasks`)
  const task = page.locator('.task', { hasText: 'לאשר מחיר' })
  const box = task.getByRole('checkbox')
  await page.route('**/api/tasks/*/done', route => route.fulfill({ status: 502, body: '<html>' }))
  await box.click()
  const toast = page.locator('.toast.error')
  await expect(toast).toContainText('המכונה לא עונה כרגע')
  await expect(box).toHaveAttribute('aria-checked', 'false')
  await page.unrouteAll()
  await toast.getByRole('button', { name: 'לנסות שוב' }).click()
  await expect(task).toHaveCount(0)

  // A message waits after an invalid response, and is sent exactly once.
  await page.goto(`${ownDaemon.url}/app/inbox/${noa}`)
  let refusals = 0
  await page.route('**/api/whatsapp/send', route =>
    refusals++ === 0
      ? route.fulfill({ status: 200, contentType: 'application/json', body: '{"mess' })
      : route.continue(),
  )
  await page.locator('.write textarea').fill('מגיעה פעם אחת')
  await page.locator('.write textarea').press('Enter')
  await expect.poll(() => refusals, { timeout: 12_000 }).toBe(2)
  await expect(page.locator('.msg.outgoing')).toHaveCount(0, { timeout: 12_000 })
  await expect(page.locator('.trow .msg', { hasText: 'מגיעה פעם אחת' })).toHaveCount(1)

  // A file that is too large, and a file whose upload stalls.
  const chip = page.locator('.uploads li')
  const file = { name: 'תמונה.png', mimeType: 'image/png', buffer: Buffer.from('x') }
  const picker = page.locator('.write input[type=file]')
  await page.route('**/api/media', route => route.fulfill({ status: 413, body: '<html>' }))
  await picker.setInputFiles(file)
  await expect(chip).toContainText('גדול מדי')
  await expect(chip.getByRole('button', { name: 'לנסות שוב' })).toHaveCount(0)
  await chip.getByRole('button', { name: /^הסרת/ }).click()
  await page.unroute('**/api/media')
  await page.route('**/api/media', () => undefined)
  await picker.setInputFiles(file)
  await expect(chip.locator('progress')).toBeVisible()
  await chip.getByRole('button', { name: /^הסרת/ }).click()
  await expect(chip).toHaveCount(0)
})

alone('a page whose code never arrives says so, and opens by itself when it can', long, async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/today`)
  await settled(page)
  await page.clock.install()
  const asked = page.waitForRequest(/ContactsPage/)
  await page.route(/ContactsPage/, () => undefined)
  await page.locator('.rail a[href="/app/contacts"]').click()
  await asked
  const said = page.getByRole('heading', { name: 'הדף עוד לא נטען' })
  const passTime = async (isOver: () => Promise<unknown>, step = 2_000) =>
    expect(async () => {
      await page.clock.runFor(step)
      await isOver()
    }).toPass({ intervals: [100], timeout: 30_000 })
  await passTime(() => expect(said).toBeVisible({ timeout: 200 }))
  // The page retries once by itself, and then reloads, ever more rarely, while the code does not arrive.
  let reloads = 0
  page.on('load', () => reloads++)
  await passTime(async () => expect(reloads).toBe(2))

  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await passTime(() => expect(page.locator('main h1')).toHaveText('לקוחות', { timeout: 1_000 }), 10_000)
})

test(
  'a dialog whose code does not load without a connection leaves the page as it is, and opens by a retry',
  long,
  async ({ page, ownDaemon }) => {
    await ownDaemon.start()
    await ownDaemon.receive('שלום', NOA, 'נועה ברק')
    const { id } = await contactOf(await owner(page, ownDaemon), NOA)
    const network = await new Network(ownDaemon.url).open()
    await prepare(page, VIEWS[0])
    await page.goto(`${network.url}/app/inbox/${id}`)
    const field = page.locator('.write textarea')
    await field.fill('חצי משפט')
    await network.cut()
    await expect(page.locator('.strip.off')).toBeVisible({ timeout: 15_000 })
    const choose = async () => {
      await page.getByRole('button', { name: 'שליחה מאוחר יותר' }).click()
      await page.getByRole('menuitem', { name: 'יום ושעה אחרים' }).click()
    }
    const said = page.locator('.toast.error', { hasText: 'לא נטען' })
    await choose()
    await expect(said).toBeVisible()
    await expect(field).toHaveValue('חצי משפט')
    await said.getByRole('button', { name: 'סגירה' }).click()
    await choose()
    await expect(said).toBeVisible()
    await network.open()
    await said.getByRole('button', { name: 'לנסות שוב' }).click()
    await expect(page.getByRole('dialog', { name: 'מתי לשלוח' })).toBeVisible()
    await expect(said).toHaveCount(0)
    await page.keyboard.press('Escape')
    await expect(field).toHaveValue('חצי משפט')
    await network.cut()
  },
)

test('a dialog whose code the browser does not request again is loaded by a reload', async ({ page, daemon }) => {
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await page.route(/JumpToDate/, route => route.abort())
  await page.goto(`${daemon.url}/calendar`)
  const dialog = page.getByRole('dialog', { name: 'מעבר לתאריך' })
  const toast = page.locator('.toast.error')
  await page.locator('main h1').waitFor()
  await page.keyboard.press('KeyM')
  await expect(toast).toBeVisible()
  await page.unroute(/JumpToDate/)
  await toast.getByRole('button', { name: 'לנסות שוב' }).click()
  await toast.getByRole('button', { name: 'רענון' }).click()
  await page.locator('main h1').waitFor()
  await expect(toast).toHaveCount(0)
  await page.keyboard.press('KeyM')
  await expect(dialog).toBeVisible()
})
