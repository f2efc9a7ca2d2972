import type { Page } from '@playwright/test'
import { expect, prepare, shot, test, VIEWS } from './support/fixtures'
import { fillShop, NOA, screensOf, visit } from './support/shop'

const HTML = '<img src=x onerror=alert(1)><script>alert(2)</script><a href="javascript:alert(3)">x</a>'
const LINKS = 'javascript:alert(4) JaVaScRiPt://x%0aalert(5) data:text/html,<b>x www.javascript:alert(6)'
const REVERSED = 'חשבונית\u202Egpj.exe'
const ADDRESS = `https://example.com/${'a'.repeat(400)}`
const MARKS = `ש${'\u0597\u05B4\u0301\u0348'.repeat(2_500)}`
const WORD = 'W'.repeat(1_000_000)

/** Verifies that no text of a user or contact has broken the screen. */
async function expectHarmless(page: Page, name: string): Promise<void> {
  const found = await page.evaluate(() => {
    const faults: string[] = []
    const root = document.documentElement
    if (root.scrollWidth > root.clientWidth) faults.push('overflows sideways')
    if (document.querySelector('img[src="x"], [onerror], a[href^="javascript" i], a[href^="data:"]'))
      faults.push('markup')
    if (/[\u202A-\u202E]/.test(document.title)) faults.push('the title is reordered')
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
      const { parentElement: parent, textContent: text } = walker.currentNode
      if (!parent || !text || parent.closest('script, style, textarea')) continue
      const at = `${parent.closest('[class]')?.className}: ${text.slice(0, 30)}`
      if (/[\u202A-\u202E]/.test(text)) faults.push(`reordered ${at}`)
      if (/\p{M}{9}/u.test(text)) faults.push(`a tower of marks ${at}`)
    }
    const isOut = (element: Element) => {
      const { left, right, width } = element.getBoundingClientRect()
      return width > 0 && (left < -1 || right > root.clientWidth + 1)
    }
    const isClipped = (element: Element | null): boolean =>
      element !== null && (getComputedStyle(element).overflowX !== 'visible' || isClipped(element.parentElement))
    for (const element of document.querySelectorAll('main *, [role=dialog] *')) {
      const { parentElement: parent } = element
      if (parent && isOut(element) && !isOut(parent) && !isClipped(parent)) {
        faults.push(`beside the screen: ${parent.className} > ${element.outerHTML.slice(0, 80)}`)
      }
    }
    return [...new Set(faults)]
  })
  expect.soft(found, name).toEqual([])
}

test('hostile names and texts are shown as text on every screen, on a phone and on a desktop', async ({
  page,
  ownDaemon,
}) => {
  test.slow()
  page.on('dialog', dialog => {
    void dialog.dismiss()
    throw new Error(`a dialog: ${dialog.message()}`)
  })
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const shop = await fillShop(page, ownDaemon, { name: `${HTML}${'W'.repeat(90)}`, text: HTML, fileName: REVERSED })
  for (const text of [LINKS, MARKS, REVERSED, ADDRESS, WORD]) await ownDaemon.receive(text, NOA)
  await shop.send('PATCH', `/api/contacts/${shop.tom}`, { display_name: `${REVERSED} ${MARKS.slice(0, 150)}` })
  await page.goto(`${ownDaemon.url}/app/more`)
  for (const [name, path] of Object.entries(screensOf(shop))) {
    await visit(page, path)
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 844 })
      await shot(page, `hostile-${name}-${width}`)
      await expectHarmless(page, `${name} ${width}`)
    }
  }
  // The start of the long word is shown, and the file name without the mark that disguises its extension.
  await page.goto(`${ownDaemon.url}/app/inbox/${shop.noa}`)
  await expect(page.locator('.trow .msg').last()).toContainText('WWWW')
  await expect(page.locator('.conv')).toContainText('חשבוניתgpj.exe')
  await page.locator('.trow .msg').last().getByRole('button').last().click()
  await expectHarmless(page, 'the long word')
})
