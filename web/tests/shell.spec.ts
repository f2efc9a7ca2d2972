import type { Locator } from '@playwright/test'
import { contactOf, owner } from './support/api'
import { OWNER } from './support/daemon'
import { expect, inspect, inspectAll, layouts, logIn, long, prepare, test, VIEWS, watch } from './support/fixtures'
import { visit } from './support/shop'

const NOA = '+972527614408'

test('pages of the shell', async ({ page, daemon }) => {
  test.slow()
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/today`)
  for (const name of ['account', 'problems', 'whatsapp', 'merge-suggestions', 'more', 'no-such-page']) {
    await visit(page, `/app/${name}`)
    await inspectAll(page, name)
  }
})

for (const view of layouts('desktop')) {
  test(`the palette, ${view.language} ${view.width} ${view.scheme}`, async ({ page, daemon }) => {
    await prepare(page, view)
    await logIn(page, daemon)
    await page.goto(`${daemon.url}/app/no-such-page`)
    await expect(page.locator('h1')).toBeVisible()
    await page.keyboard.press('Control+KeyK')
    await expect(page.getByRole('dialog')).toBeVisible()
    await page.keyboard.type('whats')
    // After the search for contacts, there is also the offer to create one.
    await expect(page.getByRole('option')).toHaveCount(2)
    await expect(page.getByRole('option', { name: 'WhatsApp' })).toHaveCount(1)
    await inspect(page, 'palette', view)
  })
}

test('keys work with the Hebrew layout, and the palette gives the focus back', async ({ page, daemon }) => {
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/account`)
  const field = page.locator('[autocomplete=current-password]')
  await field.focus()
  await page.evaluate(() =>
    document.activeElement?.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'ל', code: 'KeyK', ctrlKey: true, bubbles: true, cancelable: true }),
    ),
  )
  await expect(page.getByRole('combobox')).toBeFocused()
  await page.keyboard.type('תקלות')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(field).toBeFocused()
  // In a field, the key types its letter.
  await page.keyboard.type('/')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  // The first letter after the key must not be lost, however fast the user types.
  const focused = await page.evaluate(async () => {
    const init = { code: 'KeyK', ctrlKey: true, bubbles: true, cancelable: true }
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', init))
    for (let at = 0; at < 10; at++) await Promise.resolve()
    return document.activeElement?.getAttribute('role')
  })
  expect(focused).toBe('combobox')
  await page.keyboard.type('תקלות')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/app\/problems/)
})

test('a page that has never had the stream of changes says so', async ({ page, daemon }) => {
  await prepare(page, VIEWS[0])
  // A test cannot intercept the requests of a shared worker.
  await page.addInitScript(() => Reflect.deleteProperty(window, 'SharedWorker'))
  await logIn(page, daemon)
  await page.route('**/api/events*', route => route.abort())
  await page.goto(`${daemon.url}/app/account`)
  await expect(page.locator('.strip.off')).toBeVisible()
  // Nothing that is shown was ever known to be current.
  await expect(page.locator('.strip.off')).not.toContainText('נכון ל')
  await page.unroute('**/api/events*')
  await expect(page.locator('.strip.off')).toHaveCount(0)
})

test.describe('service worker', () => {
  test.use({ serviceWorkers: 'allow', sharesContext: false })

  test('the service worker takes control of the page, and leaves its requests alone', async ({ page, daemon }) => {
    await prepare(page, VIEWS[0])
    await logIn(page, daemon)
    await page.goto(`${daemon.url}/app/account`)
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
    const response = await page.reload()
    expect(response?.fromServiceWorker()).toBe(false)
    await expect(page.locator('h1')).toHaveText(OWNER.name)
  })
})

test('language, direction and theme change in place and last', async ({ page, daemon }) => {
  await page.addInitScript(
    () => localStorage.getItem('agentlocator.language') ?? localStorage.setItem('agentlocator.language', 'he'),
  )
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/account`)
  await page.locator('.rail .who').click()
  await page.getByRole('menuitem', { name: 'English' }).click()
  await expect(page.locator('html')).toHaveAttribute('dir', 'ltr')
  await expect(page.getByRole('heading', { name: 'Active sessions' })).toBeVisible()
  await page.locator('.rail .who').click()
  await page.getByRole('menuitem', { name: 'Dark' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await page.reload()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await page.locator('.rail .who').click()
  await page.getByRole('menuitem', { name: 'Log out' }).click()
  await expect(page).toHaveURL(/\/login$/)
  expect((await page.request.get(`${daemon.url}/api/session`)).status()).toBe(401)
})

test('Escape in the palette gives the focus back to the page, not to a control of it', async ({ page, daemon }) => {
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/today`)
  await page.locator('main a[href]').first().waitFor()
  await page.keyboard.press('Control+KeyK')
  await page.locator('.palette input').waitFor()
  await page.keyboard.press('Escape')
  await expect(page.locator('.palette')).toHaveCount(0)
  // The focus would move two frames after the palette is removed.
  await page.waitForTimeout(200)
  await expect(page.locator('body')).toBeFocused()
})

test('the first data of a page is fetched once, together with its code', async ({ page, daemon }) => {
  await logIn(page, daemon)
  // A test cannot see the requests of a shared worker.
  await page.addInitScript(() => Reflect.deleteProperty(window, 'SharedWorker'))
  let asked: string[] = []
  page.on('request', request => asked.push(request.url().replace(daemon.url, '')))
  for (const path of ['/app/today', '/app/inbox', '/app/contacts', '/app/calls']) {
    asked = []
    const stream = page.waitForResponse(response => response.url().includes('/api/events?after='))
    await page.goto(daemon.url + path)
    await stream
    await expect(page.locator('main h1')).toHaveCount(1)
    await expect(page.locator('.skeleton-rows')).toHaveCount(0)
    const hints = page.locator('head link[as=fetch]')
    const named = await hints.evaluateAll(links => links.map(link => link.getAttribute('href') ?? ''))
    expect(named.length, path).toBeGreaterThan(0)
    // After another request, the page has completed everything that it does when its stream opens.
    await page.evaluate(() => fetch('/version').then(() => new Promise(done => requestAnimationFrame(done))))
    const data = asked.filter(url => url.startsWith('/api/'))
    expect(data.filter(url => named.includes(url)).sort(), path).toEqual(named.sort())
    expect(data.length, `${path}: ${data.sort().join(' ')}`).toBe(new Set(data).size)
  }
})

test('a restart of the daemon is said and repaired; a new build is offered', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/account`)
  await expect(page.locator('h1')).toHaveText(OWNER.name)
  await ownDaemon.stop()
  await expect(page.locator('.strip.off')).toBeVisible({ timeout: 15_000 })
  await inspect(page, 'offline', VIEWS[2])
  const served = page.waitForResponse(response => response.request().method() === 'HEAD')
  await ownDaemon.start()
  await expect(page.locator('.strip.off')).toHaveCount(0, { timeout: 15_000 })
  await served
  await expect(page.locator('.strip.new')).toHaveCount(0)
  await page.route('**/app/', route =>
    route.request().method() === 'HEAD' ? route.fulfill({ headers: { 'X-Page-Version': 'newer' } }) : route.continue(),
  )
  await ownDaemon.stop()
  await ownDaemon.start()
  await expect(page.locator('.strip.new')).toBeVisible({ timeout: 15_000 })
})

test('eight tabs receive a change through one stream', async ({ page, context, ownDaemon }) => {
  // Slow: eight pages are loaded.
  test.slow()
  await ownDaemon.start()
  await logIn(page, ownDaemon)
  const tabs = [page, ...(await Promise.all(Array.from({ length: 7 }, () => context.newPage())))]
  const errors = tabs.slice(1).flatMap(watch)
  for (const tab of tabs) {
    await tab.goto(`${ownDaemon.url}/app/merge-suggestions`)
    await expect(tab.locator('.empty')).toBeVisible()
  }
  // Each tab requests its data again when it receives the change.
  const responses = tabs.map(tab => tab.waitForResponse(/\/api\/merge-suggestions/, { timeout: 30_000 }))
  await ownDaemon.receive('שלום')
  await Promise.all(responses)
  expect(errors).toEqual([])
})

test(
  'a page that was first opened without a connection appears when the daemon is back',
  long,
  async ({ page, ownDaemon }) => {
    await ownDaemon.start()
    await prepare(page, VIEWS[1])
    await logIn(page, ownDaemon)
    // A test cannot see the requests of a shared worker.
    await page.addInitScript(() => Reflect.deleteProperty(window, 'SharedWorker'))
    const stream = page.waitForResponse(response => response.url().includes('/api/events?after='))
    await page.goto(`${ownDaemon.url}/app/account`)
    await expect(page.locator('h1')).toHaveText(OWNER.name)
    // The strip names the time until which the stream was open.
    await stream
    await ownDaemon.stop()
    await page.locator('.tabs a[href="/calendar"]').click()
    await expect(page.getByRole('alert')).toContainText('הדף עוד לא נטען')
    await inspect(page, 'offline-page', VIEWS[1])
    await expect(page.locator('.strip.off')).toContainText(/מה שמוצג נכון ל־\d+:\d\d/, { timeout: 15_000 })
    // A lost connection must not be reported as a new build.
    await expect(page.locator('.strip.new')).toHaveCount(0)
    await ownDaemon.start()
    await expect(page.locator('main.cal')).toBeVisible({ timeout: 20_000 })
    await expect(page.locator('.strip.off, .strip.new')).toHaveCount(0)
  },
)

test('Escape closes a menu and a question that have just opened and do not have the focus yet', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום', NOA, 'נועה ברק')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, NOA)
  await prepare(page, VIEWS[0])
  // Closing takes longer with animations, and the focus could move into what closes.
  await page.emulateMedia({ reducedMotion: 'no-preference' })
  /** Presses a button, and Escape as soon as the layer of the button is in the document. */
  const press = (button: Locator) =>
    button.evaluate(
      (button: HTMLElement) =>
        new Promise<boolean>(resolve => {
          const observer = new MutationObserver(() => {
            const layer = document.getElementById(button.getAttribute('aria-controls') ?? '')
            if (!layer) return
            observer.disconnect()
            const init = { key: 'Escape', code: 'Escape', bubbles: true, cancelable: true }
            const hadFocus = layer.contains(document.activeElement)
            document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', init))
            resolve(hadFocus)
          })
          observer.observe(document.body, { childList: true, subtree: true })
          button.focus()
          button.click()
        }),
    )
  /** Also with a second try: the button opens the layer again, which then has the focus. */
  const closes = async (button: Locator, layer: Locator) => {
    expect(await press(button)).toBe(false)
    await expect(layer).toHaveCount(0)
    await expect(button).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(layer.locator(':focus')).toHaveCount(1)
    await page.keyboard.press('Escape')
    await expect(layer).toHaveCount(0)
    await expect(button).toBeFocused()
  }
  await page.goto(`${ownDaemon.url}/app/contacts/${id}`)
  await closes(page.getByRole('button', { name: 'עוד פעולות' }), page.getByRole('menu'))
  // A question.
  const link = { enabled: true, reachable: true, connected: true, state: 'connected', waiting: {} }
  await page.route('**/api/whatsapp/bridge', route => route.fulfill({ json: link }))
  await page.goto(`${ownDaemon.url}/app/whatsapp`)
  await closes(page.getByRole('button', { name: 'ניתוק החשבון' }), page.getByRole('dialog'))
})
