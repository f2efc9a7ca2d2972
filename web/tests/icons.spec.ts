import type { Page } from '@playwright/test'
import { expect, logIn, prepare, test, VIEWS } from './support/fixtures'
import { fillShop, screensOf, visit } from './support/shop'

/** What points along the line of reading; drawn the other way round in Hebrew. Anything else is never mirrored. */
const MIRRORED = new Set([
  'arrow-left',
  'arrow-right',
  'arrow-narrow-right',
  'chevron-left',
  'chevron-right',
  'send',
  'send-2',
  'arrow-back-up',
  'arrow-forward-up',
  'external-link',
  'logout',
  'corner-down-left',
  'list',
  'message',
  'messages',
  'note',
  'file-text',
])

/** The icons on the screen, and whether each is drawn mirrored. */
function icons(page: Page): Promise<{ name: string; isMirrored: boolean }[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<SVGSVGElement>('svg.i')]
      .filter(icon => icon.getBoundingClientRect().width > 0)
      .map(icon => {
        let isMirrored = false
        for (let at: Element | null = icon; at; at = at.parentElement) {
          const { a } = new DOMMatrix(getComputedStyle(at).transform)
          if (a < 0) isMirrored = !isMirrored
        }
        return { name: /tabler-icon-([a-z0-9-]+)/.exec(icon.getAttribute('class') ?? '')?.[1] ?? '?', isMirrored }
      }),
  )
}

for (const view of [VIEWS[0], VIEWS[2]]) {
  test(`only what points along the line of reading is mirrored, ${view.language}`, async ({ page, ownDaemon }) => {
    test.slow()
    await ownDaemon.start()
    await prepare(page, view)
    await logIn(page, ownDaemon)
    const shop = await fillShop(page, ownDaemon, { name: 'נועה ברק', text: 'אפשר להקדים?', fileName: 'הצעה.pdf' })
    await ownDaemon.call()
    await page.goto(`${ownDaemon.url}/app/more`)
    const seen = new Set<string>()
    const wrong = new Set<string>()
    for (const [screen, path] of Object.entries(screensOf(shop))) {
      await visit(page, path)
      for (const { name, isMirrored } of await icons(page)) {
        seen.add(name)
        if (isMirrored !== (view.language === 'he' && MIRRORED.has(name))) wrong.add(`${screen}: ${name}`)
      }
    }
    expect([...wrong]).toEqual([])
    // The test has met both sorts.
    expect([...seen].filter(name => MIRRORED.has(name)).length).toBeGreaterThan(3)
    for (const name of ['phone', 'checks', 'search', 'clock']) expect([...seen]).toContain(name)
  })
}
