import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Browser,
  type BrowserContext,
  test as base,
  type CDPSession,
  chromium,
  expect,
  type Page,
} from '@playwright/test'
import type axe from 'axe-core'
import { Daemon } from './daemon'

/** The combinations of language, width and theme in which tests inspect pages. */
export const VIEWS = [
  { language: 'he', width: 1440, scheme: 'light' },
  { language: 'he', width: 390, scheme: 'dark' },
  { language: 'en', width: 1440, scheme: 'dark' },
  { language: 'en', width: 390, scheme: 'light' },
] as const

export type View = (typeof VIEWS)[number]

/** A view, and optionally another view of the same width, which `inspect` checks without reloading the page. */
export type Layout = View & { also?: View }

/** A desktop and a phone, each in one language; `inspect` checks both languages. */
export const LAYOUTS = {
  desktop: { ...VIEWS[0], also: VIEWS[2] },
  phone: { ...VIEWS[3], also: VIEWS[1] },
} satisfies Record<string, Layout>

/**
 * The layouts in which a longer flow is tested: both of them with LONG=1, and otherwise only `short`, because the
 * browser tests must be short enough to run after each change on two cores.
 */
export const layouts = (short: keyof typeof LAYOUTS): readonly Layout[] =>
  process.env.LONG ? Object.values(LAYOUTS) : [LAYOUTS[short]]

/**
 * The details of a test that runs only with LONG=1 (`make test-all`): it takes longer than five seconds, and shorter tests
 * follow the same flow.
 */
export const long = { tag: '@long' }

interface Fixtures {
  /** A daemon for this test only. */
  ownDaemon: Daemon
  /**
   * A page that fails the test on a script error, an error in the console (such as a violation of the content security
   * policy), or a request to another host.
   */
  page: Page
  /** Whether the test uses the browser context that the tests of a worker share, which is emptied after each test. */
  sharesContext: boolean
}

interface Profile {
  context: BrowserContext
  browser: Browser
  session: CDPSession
}

/** What a page stores, except the caches of its files. */
const STORAGE = 'local_storage,indexeddb,cache_storage,service_workers,file_systems'

export const test = base.extend<Fixtures, { daemon: Daemon; profile: Profile }>({
  sharesContext: [true, { option: true }],
  // A context with a folder. Only such a context keeps compiled scripts; without them, most of the time of loading a page
  // is spent on compiling it.
  profile: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from the pattern
    async ({}, use, { project }) => {
      const folder = mkdtempSync(join(tmpdir(), 'agentlocator-browser-'))
      const { launchOptions, timezoneId, serviceWorkers } = project.use
      const context = await chromium.launchPersistentContext(folder, { ...launchOptions, timezoneId, serviceWorkers })
      const [first] = context.pages()
      const browser = context.browser()
      if (!first || !browser) throw new Error('the browser has no page')
      // Without this page, the process of the pages would end with each test.
      await use({ context, browser, session: await context.newCDPSession(first) })
      await context.close()
      rmSync(folder, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],
  browser: [async ({ profile }, use) => use(profile.browser), { scope: 'worker' }],
  context: async ({ profile: { context, browser, session }, sharesContext }, use) => {
    if (!sharesContext) {
      const own = await browser.newContext()
      await use(own)
      await own.close()
      return
    }
    await use(context)
    const [, ...pages] = context.pages()
    await Promise.all(pages.map(page => page.close()))
    await context.unrouteAll({ behavior: 'ignoreErrors' })
    await context.clearCookies()
    await context.clearPermissions()
    await session.send('Storage.clearDataForOrigin', { origin: '*', storageTypes: STORAGE })
  },
  // A shared daemon, for tests that make no change which other tests could see.
  daemon: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from the pattern
    async ({}, use) => {
      const daemon = await new Daemon().start()
      await use(daemon)
      await daemon.remove()
    },
    { scope: 'worker' },
  ],
  ownDaemon: async ({ context }, use) => {
    const daemon = new Daemon()
    await use(daemon)
    // A route handler that waits for the daemon would otherwise fail the test.
    await Promise.all(context.pages().map(page => page.unrouteAll({ behavior: 'ignoreErrors' })))
    await daemon.remove()
  },
  page: async ({ context }, use) => {
    const page = await context.newPage()
    const errors = watch(page)
    await use(page)
    expect(errors, 'errors of the page').toEqual([])
  },
})

/** A test with its own browser context, which it may change in ways that cannot be undone, such as by a clock. */
export const alone = test.extend({ sharesContext: false })

export function watch(page: Page): string[] {
  const errors: string[] = []
  page.on('pageerror', error => errors.push(`script error: ${error.message}`))
  page.on('console', message => {
    const text = message.text()
    if (message.type() === 'error' && !/Failed to load resource|ERR_CONNECTION/.test(text)) errors.push(text)
  })
  page.on('request', request => {
    const url = new URL(request.url())
    if (!['127.0.0.1', 'shop.test', ''].includes(url.hostname)) errors.push(`request elsewhere: ${url.href}`)
  })
  return errors
}

const sizeOf = ({ width }: View) => ({ width, height: width === 390 ? 844 : 900 })

/** For a page that is not loaded yet. Also turns animations off. */
export async function prepare(page: Page, view: View): Promise<void> {
  await page.setViewportSize(sizeOf(view))
  await page.emulateMedia({ colorScheme: view.scheme, reducedMotion: 'reduce' })
  await page.addInitScript(language => localStorage.setItem('agentlocator.language', language), view.language)
}

/** Removes the embedded data from the HTML file, for tests that answer the requests for it themselves. */
export async function withoutStart(page: Page): Promise<void> {
  await page.route('**/*', async route => {
    if (route.request().resourceType() !== 'document') return route.fallback()
    const response = await route.fetch()
    const body = (await response.text()).replace(/(id="start">).*?(?=<\/script>)/s, '$1{}')
    return route.fulfill({ response, body })
  })
}

/**
 * The default rules of axe. Only violations are reported, with their HTML. Preloading is off, because only rules for
 * embedded media need the page's files.
 */
const AUDIT = { resultTypes: ['violations' as const], preload: false, selectors: false }

/** The script of axe. The minified one compiles faster. */
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/**
 * Verifies that the page is accessible, does not overflow horizontally, and has large enough touch targets on phones:
 * in the view that it already has, and in the layout's other view if there is one. With SHOTS=1 a screenshot is kept of
 * each.
 */
export async function inspect(page: Page, name: string, { also, ...view }: Layout): Promise<void> {
  await inspectOne(page, name, view)
  if (!also) return
  await change(page, also)
  await inspectOne(page, name, also)
  await change(page, view)
}

/**
 * Inspects the loaded page in all views, without a reload. Axe takes longer than everything else, so without LONG=1 it
 * audits two of the views: both widths and both themes. The pages share their frame and components, and the names of
 * the pages decide which two, so that all four occur.
 */
export async function inspectAll(page: Page, name: string): Promise<void> {
  const first = name.length % 2 === 0 ? 0 : 2
  const audited: readonly View[] = process.env.LONG ? VIEWS : VIEWS.slice(first, first + 2)
  for (const view of VIEWS) {
    await show(page, view)
    await expect(page.locator('.skeleton-rows')).toHaveCount(0)
    await inspectOne(page, name, view, audited.includes(view))
  }
}

export async function show(page: Page, view: View): Promise<void> {
  await page.setViewportSize(sizeOf(view))
  await change(page, view)
}

async function inspectOne(page: Page, name: string, view: View, isAudited = true): Promise<void> {
  await expect(page.locator('h1')).toHaveCount(1)
  await expect(page.locator('html')).toHaveAttribute('dir', view.language === 'he' ? 'rtl' : 'ltr')
  await shot(page, `${name}-${view.language}-${view.width}-${view.scheme}`)
  // Injected into each document only once, because compiling the script takes longer than auditing some pages.
  if (isAudited && !(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE)
  const { wide, small, violations } = await page.evaluate(findings, isAudited ? AUDIT : null)
  expect(wide, `${name}: overflows sideways`).toEqual([])
  expect(violations, `${name}: axe`).toEqual([])
  if (view.width === 390) expect(small, `${name}: targets below 44 px`).toEqual([])
}

/** With SHOTS=1, keeps a screenshot for a person to look at. */
export async function shot(page: Page, name: string): Promise<void> {
  if (process.env.SHOTS) await page.screenshot({ path: `test-results/shots/${name}.png` })
}

/** Does not reload the page: the language changes as by a switch in another tab. */
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

/**
 * Runs in the page. Returns the elements that reach beyond the window if the page overflows horizontally, what axe
 * finds (nothing without options), and the visible buttons and links that are narrower or lower than 44 px, except
 * those within a paragraph and the skip link.
 */
async function findings(options: typeof AUDIT | null) {
  await document.fonts.ready
  const { scrollWidth, clientWidth } = document.documentElement
  const start = (element: Element) => element.outerHTML.slice(0, 120)
  const isWide = (element: Element) => {
    const { left, right } = element.getBoundingClientRect()
    return left < -0.5 || right > clientWidth + 0.5
  }
  const overflow = scrollWidth - clientWidth
  const wide =
    overflow > 0 ? [`${overflow} px`, ...[...document.querySelectorAll('body *')].filter(isWide).map(start)] : []
  const small = [...document.querySelectorAll<HTMLElement>('button, a[href], [role=button]')]
    .filter(element => element.offsetParent !== null && !element.closest('p') && !element.matches('.skip'))
    .filter(element => {
      const { width, height } = element.getBoundingClientRect()
      return width < 43.5 || height < 43.5
    })
    .map(start)
  const violations = options
    ? (await (window as unknown as { axe: typeof axe }).axe.run(document, options)).violations
    : []
  return {
    wide,
    small,
    violations: violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`),
  }
}

export { logIn, logInAgain } from './login'
export { expect }
