import type { Page } from '@playwright/test'
import { expect, prepare, shot, test, VIEWS } from './support/fixtures'
import { fillShop, screensOf, settled, visit } from './support/shop'

/**
 * Returns the controls and headings that are cut off or extend beyond the screen, what scrolls sideways, texts that overlap the
 * text beside them, and broken words of headings.
 */
function faults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth
    const found: string[] = []
    if (document.documentElement.scrollWidth > width) found.push('the page scrolls sideways')
    const scrollsSideways = (element: Element | null): boolean => {
      for (let at = element; at; at = at.parentElement) {
        if (['auto', 'scroll'].includes(getComputedStyle(at).overflowX) && at.scrollWidth > at.clientWidth) return true
      }
      return false
    }
    for (const part of document.querySelectorAll<HTMLElement>('.scroll, .page-scroll, main, [role=dialog]')) {
      const style = getComputedStyle(part)
      if (['auto', 'scroll'].includes(style.overflowY) && part.scrollWidth > part.clientWidth + 1) {
        found.push(`scrolls sideways: ${part.className}`)
      }
    }
    const selector = 'button, a[href], input, select, textarea, h1, h2, h3, label'
    for (const element of document.querySelectorAll<HTMLElement>(selector)) {
      if (element.offsetParent === null || element.closest('.vh, .skip, .desk-only')) continue
      const { left, right, width: own, height } = element.getBoundingClientRect()
      const text = `${element.tagName} ${element.className} «${element.textContent?.trim().slice(0, 30)}»`
      if (own < 2 || height < 2) continue
      if ((left < -1 || right > width + 1) && !scrollsSideways(element.parentElement))
        found.push(`beside the screen: ${text}`)
      const isCut = element.scrollWidth > element.clientWidth + 2 && getComputedStyle(element).overflowX !== 'visible'
      if (isCut && element.matches('button, a') && !element.closest('.clip') && !element.querySelector('.clip')) {
        found.push(`cut off: ${text}`)
      }
    }
    const rects = (start: Node, from: number, end: Node, to: number) => {
      const range = document.createRange()
      range.setStart(start, from)
      range.setEnd(end, to)
      return range
    }
    for (const group of document.querySelectorAll('.filters, .page-head')) {
      const parts = [...group.children].filter(one => one.checkVisibility())
      const boxes = parts.map(one => rects(one, 0, one, one.childNodes.length).getBoundingClientRect())
      boxes.forEach((a, at) => {
        const b = boxes[at + 1]
        if (!b) return
        const [x, y] = [
          Math.min(a.right, b.right) - Math.max(a.left, b.left),
          Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top),
        ]
        if (x > 4 && y > 4) found.push(`overlap: «${parts[at]?.textContent}» and «${parts[at + 1]?.textContent}»`)
      })
    }
    const headings = document.createTreeWalker(
      document.querySelector('.page-head h1') ?? document.createElement('h1'),
      NodeFilter.SHOW_TEXT,
    )
    for (let node = headings.nextNode(); node; node = headings.nextNode()) {
      for (const { 0: word, index } of (node.textContent ?? '').matchAll(/[^\s־-]+/g)) {
        const tops = [...rects(node, index, node, index + word.length).getClientRects()].map(({ top }) =>
          Math.round(top),
        )
        if (new Set(tops).size > 1) found.push(`a broken word: «${word}»`)
      }
    }
    return [...new Set(found)]
  })
}

test('all screens at 320 px with letters twice as large', async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  const shop = await fillShop(page, ownDaemon, {
    name: 'סשה אלכסנדרה קוגן־רוזנבלום',
    text: 'אפשר להקדים את התור של מחר? האינטרנטיזציה של העסק 054-123-4567 https://example.com/a/very/long/address',
    fileName: 'הצעת מחיר לאירוע בקיבוץ 2231.pdf',
  })
  const session = await page.context().newCDPSession(page)
  await session.send('Page.setFontSizes', { fontSizes: { standard: 32, fixed: 26 } })
  const found: Record<string, string[]> = {}
  const look = async (name: string) => {
    const list = await faults(page)
    if (list.length > 0) found[name] = list
  }
  for (const view of process.env.LONG ? [VIEWS[1], VIEWS[3]] : [VIEWS[1]]) {
    await prepare(page, view)
    await page.setViewportSize({ width: 320, height: 640 })
    await page.goto(`${ownDaemon.url}/app/more`)
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe('32px')
    for (const [name, path] of Object.entries({ more: '/app/more', ...screensOf(shop) })) {
      await visit(page, path)
      if (path.includes('appointment') || path.includes('new=1')) await expect(page.getByRole('dialog')).toBeVisible()
      await shot(page, `large-${name}-${view.language}`)
      await look(`${name}, ${view.language}`)
    }
  }
  await page.context().clearCookies()
  await page.goto(`${ownDaemon.url}/login`)
  await settled(page)
  await look('login')
  // Restores the font size, because it is a setting of the browser window, which the next test reuses.
  await session.send('Page.setFontSizes', { fontSizes: { standard: 16, fixed: 13 } })
  expect(found).toEqual({})
})
