import { AxeBuilder } from '@axe-core/playwright'
import { test as base, expect, type Page } from '@playwright/test'
import { Daemon, OWNER } from './daemon'

/** The combinations in which each page is looked at. */
export const VIEWS = [
  { language: 'he', width: 1440, scheme: 'light' },
  { language: 'he', width: 390, scheme: 'dark' },
  { language: 'en', width: 1440, scheme: 'dark' },
  { language: 'en', width: 390, scheme: 'light' },
] as const

export type View = (typeof VIEWS)[number]

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

/** Logs the owner in without the form. */
export async function logIn(page: Page, daemon: Daemon): Promise<void> {
  const { name, password } = OWNER
  const answer = await page.request.post(`${daemon.url}/api/login`, { data: { name, password } })
  expect(answer.status()).toBe(200)
}

/** All rules. What passes is not described, and the files of the page are not fetched again, which only rules for embedded media use. */
const AUDIT = { resultTypes: ['violations' as const], preload: false }

/** The page is accessible, nothing overflows sideways, targets on a phone are large enough; and a picture of it is kept. */
export async function inspect(page: Page, name: string, view: View): Promise<void> {
  await expect(page.locator('h1')).toHaveCount(1)
  await expect(page.locator('html')).toHaveAttribute('dir', view.language === 'he' ? 'rtl' : 'ltr')
  await page.evaluate(() => document.fonts.ready)
  await page.screenshot({ path: `test-results/shots/${name}-${view.language}-${view.width}-${view.scheme}.png` })
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow, `${name}: overflows sideways`).toBeLessThanOrEqual(0)
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().options(AUDIT).analyze()
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  expect(found, `${name}: axe`).toEqual([])
  if (view.width === 390) expect(await smallTargets(page), `${name}: targets below 44 px`).toEqual([])
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

export { expect }
