import { type Browser, chromium, type Page } from '@playwright/test'
import { expect, logIn, prepare, test, VIEWS } from './support/fixtures'
import { fillShop, NOA, screensOf, visit } from './support/shop'

/** The tests' browser hides scrollbars; this one draws them, as a desktop does. */
const launch = (): Promise<Browser> =>
  chromium.launch({ ...test.info().project.use.launchOptions, ignoreDefaultArgs: ['--hide-scrollbars'] })

interface Found {
  faults: string[]
  scrollbars: number
  selects: number
}

/** Scrollbars on the side where a line ends, and what they or the arrow of a select lie on. */
function look(page: Page): Promise<Found> {
  return page.evaluate(() => {
    const faults: string[] = []
    let scrollbars = 0
    const isRtl = document.dir === 'rtl'
    const hits = (element: Element, x: number, y: number) => {
      const top = document.elementFromPoint(x, y)
      return top === null || element.contains(top) || top.contains(element) || top.closest('label')?.contains(element)
    }
    for (const box of document.querySelectorAll<HTMLElement>('main *')) {
      const style = getComputedStyle(box)
      const borders = Number.parseFloat(style.borderLeftWidth) + Number.parseFloat(style.borderRightWidth)
      const bar = box.offsetWidth - box.clientWidth - borders
      if (bar < 3 || box.offsetParent === null || box.matches('select, textarea')) continue
      scrollbars++
      const isLeft = box.clientLeft > Number.parseFloat(style.borderLeftWidth) + 1
      if (isLeft !== isRtl) faults.push(`the scrollbar of ${box.className} is on the wrong side`)
      const { left, right, top, bottom } = box.getBoundingClientRect()
      const [from, to] = isLeft ? [left, left + bar] : [right - bar, right]
      for (const part of box.querySelectorAll<HTMLElement>('button, a, input, select, textarea')) {
        const own = part.getBoundingClientRect()
        if (own.width === 0 || own.bottom < top || own.top > bottom || part.closest('.vh')) continue
        if (Math.min(own.right, to) - Math.max(own.left, from) > 1)
          faults.push(`a scrollbar lies on ${part.outerHTML.slice(0, 80)}`)
      }
    }
    const selects = [...document.querySelectorAll<HTMLSelectElement>('main select')].filter(one => one.offsetParent)
    for (const select of selects) {
      const { left, right, top, height } = select.getBoundingClientRect()
      const y = top + height / 2
      if (y < 0 || y > innerHeight) continue
      if (!hits(select, left + 8, y) || !hits(select, right - 8, y))
        faults.push(`covered: ${select.outerHTML.slice(0, 80)}`)
      // The words of the longest choice beside the arrow, which stands where a line ends.
      const style = getComputedStyle(select)
      const pen = document.createElement('canvas').getContext('2d')
      if (!pen) continue
      pen.font = style.font
      const widest = pen.measureText(select.selectedOptions[0]?.text ?? '').width
      const arrow = style.appearance === 'none' ? Number.parseFloat(style.paddingInlineEnd) : 20
      if (arrow < 16) faults.push(`no room for the arrow: ${select.outerHTML.slice(0, 80)}`)
      if (
        widest + Number.parseFloat(style.paddingInlineStart) + arrow > select.offsetWidth + 2 &&
        style.textOverflow !== 'ellipsis'
      )
        faults.push(`the arrow lies on the words: ${select.outerHTML.slice(0, 80)}`)
    }
    for (const input of document.querySelectorAll<HTMLInputElement>('main input[type=file]')) {
      // The browser writes «No file chosen» in its own language, so the page draws a button of its own.
      if (input.getBoundingClientRect().width > 2) faults.push(`a native file field: ${input.outerHTML.slice(0, 80)}`)
    }
    return { faults: [...new Set(faults)], scrollbars, selects: selects.length }
  })
}

test('scrollbars, selects and file fields of the browser cover nothing, in both directions', async ({
  page: filler,
  ownDaemon,
}) => {
  test.slow()
  await ownDaemon.start()
  const shop = await fillShop(filler, ownDaemon, { name: 'נועה ברק', text: 'אפשר להקדים?', fileName: 'א.pdf' })
  for (let at = 0; at < 12; at++) await ownDaemon.receive(`הודעה ${at}`, NOA)
  const browser = await launch()
  try {
    for (const view of [VIEWS[0], VIEWS[2]]) {
      const page = await browser.newPage()
      await prepare(page, view)
      await page.setViewportSize({ width: 1280, height: 560 })
      await logIn(page, ownDaemon)
      await page.goto(`${ownDaemon.url}/app/more`)
      let [scrollbars, selects] = [0, 0]
      for (const [name, path] of Object.entries({ ...screensOf(shop), greeting: '/app/setup/greeting' })) {
        await visit(page, path)
        const found = await look(page)
        expect.soft(found.faults, `${name}, ${view.language}`).toEqual([])
        scrollbars += found.scrollbars
        selects += found.selects
      }
      expect(scrollbars).toBeGreaterThan(3)
      expect(selects).toBeGreaterThan(2)
      await page.close()
    }
  } finally {
    await browser.close()
  }
})
