import { test as base, expect, type Page } from '@playwright/test'
import axe from 'axe-core'
import { Daemon } from './daemon'

/** The combinations in which each page is looked at. */
export const VIEWS = [
  { language: 'he', width: 1440, scheme: 'light' },
  { language: 'he', width: 390, scheme: 'dark' },
  { language: 'en', width: 1440, scheme: 'dark' },
  { language: 'en', width: 390, scheme: 'light' },
] as const

export type View = (typeof VIEWS)[number]

/** A view with the other one of its width, which `inspect` looks at as well, without loading the page again. */
export type Layout = View & { also?: View }

/** For a test that shows states: desktop and phone, with one language each for what the test does, and both for what it inspects. */
export const LAYOUTS: readonly Layout[] = [
  { ...VIEWS[0], also: VIEWS[2] },
  { ...VIEWS[3], also: VIEWS[1] },
]

interface Fixtures {
  /** A daemon of this test alone. */
  ownDaemon: Daemon
  /** A page that fails the test on a script error, a refusal by the content security policy, or a request elsewhere. */
  page: Page
}

export const test = base.extend<Fixtures, { daemon: Daemon }>({
  // For tests that change nothing which others would see.
  daemon: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from the pattern
    async ({}, use) => {
      const daemon = await new Daemon().start()
      await use(daemon)
      await daemon.remove()
    },
    { scope: 'worker' },
  ],
  // biome-ignore lint/correctness/noEmptyPattern: as above
  ownDaemon: async ({}, use) => {
    const daemon = new Daemon()
    await use(daemon)
    await daemon.remove()
  },
  page: async ({ page }, use) => {
    const errors = watch(page)
    await use(page)
    expect(errors, 'errors of the page').toEqual([])
  },
})

/** Collects what must not happen on any page. */
export function watch(page: Page): string[] {
  const errors: string[] = []
  page.on('pageerror', error => errors.push(`script error: ${error.message}`))
  page.on('console', message => {
    const text = message.text()
    if (message.type() === 'error' && !/Failed to load resource|ERR_CONNECTION/.test(text)) errors.push(text)
  })
  page.on('request', request => {
    const url = new URL(request.url())
    if (!['127.0.0.1', ''].includes(url.hostname)) errors.push(`request elsewhere: ${url.href}`)
  })
  return errors
}

/** Sets language, width and theme before the page is loaded. */
export async function prepare(page: Page, view: View): Promise<void> {
  await page.setViewportSize({ width: view.width, height: view.width === 390 ? 844 : 900 })
  await page.emulateMedia({ colorScheme: view.scheme, reducedMotion: 'reduce' })
  await page.addInitScript(language => localStorage.setItem('agentlocator.language', language), view.language)
}

/** Lets the page request what else comes with the HTML file: session and set-up, for a test that answers these requests itself. */
export async function withoutStart(page: Page): Promise<void> {
  await page.route('**/*', async route => {
    if (route.request().resourceType() !== 'document') return route.fallback()
    const response = await route.fetch()
    const body = (await response.text()).replace(/(id="start">).*?(?=<\/script>)/s, '$1{}')
    return route.fulfill({ response, body })
  })
}

/** All rules. What passes is not described, and the files of the page are not fetched again, which only rules for embedded media use. */
const AUDIT = { resultTypes: ['violations' as const], preload: false }

/** The page is accessible, nothing overflows sideways, targets on a phone are large enough; with SHOTS=1 a picture of it is kept. */
export async function inspect(page: Page, name: string, { also, ...view }: Layout): Promise<void> {
  await inspectOne(page, name, view)
  if (!also) return
  await change(page, also)
  await inspectOne(page, name, also)
  await change(page, view)
}

async function inspectOne(page: Page, name: string, view: View): Promise<void> {
  await expect(page.locator('h1')).toHaveCount(1)
  await expect(page.locator('html')).toHaveAttribute('dir', view.language === 'he' ? 'rtl' : 'ltr')
  await page.evaluate(() => document.fonts.ready)
  if (process.env.SHOTS) {
    await page.screenshot({ path: `test-results/shots/${name}-${view.language}-${view.width}-${view.scheme}.png` })
  }
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow, `${name}: overflows sideways`).toBeLessThanOrEqual(0)
  expect(await violations(page), `${name}: axe`).toEqual([])
  if (view.width === 390) expect(await smallTargets(page), `${name}: targets below 44 px`).toEqual([])
}

/** Switches language and theme in place, as the page does when another tab of the browser switches. */
async function change(page: Page, { language, scheme }: View): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme })
  await page.evaluate(newValue => {
    const key = 'agentlocator.language'
    localStorage.setItem(key, newValue)
    dispatchEvent(new StorageEvent('storage', { key, newValue }))
  }, language)
  await expect(page.locator('html')).toHaveAttribute('lang', language)
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
}

/** What axe finds. Its script, which takes longer to compile than some pages, is given to each document once. */
async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  return page.evaluate(async options => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, options)
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  }, AUDIT)
}

/** Buttons and links on a phone that are smaller than 44 px both ways, other than links inside a text. */
function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, a[href], [role=button]')]
      .filter(element => element.offsetParent !== null && !element.closest('p') && !element.matches('.skip'))
      .filter(element => {
        const { width, height } = element.getBoundingClientRect()
        return width < 43.5 || height < 43.5
      })
      .map(element => element.outerHTML.slice(0, 120)),
  )
}

export { logIn, logInAgain } from './login'
export { expect }
