import { type Browser, chromium, type Page } from '@playwright/test'
import { contactOf, type Owner, owner } from './support/api'
import { Daemon } from './support/daemon'
import { expect, logIn, prepare, show, test, VIEWS, type View } from './support/fixtures'
import { broken, clipped, misordered } from './support/order'
import { fillEnglish, fillShop, NOA, type Shop, screensOf, visit } from './support/shop'

const DANA = '+972509876543'

/** Icons that depend on the reading direction, and are mirrored in Hebrew. No other icon is mirrored. */
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

/** Returns the visible icons, and whether each is rendered mirrored. */
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

/** Launches a browser with visible scrollbars, which the tests' browser hides. */
const launch = (): Promise<Browser> =>
  chromium.launch({ ...test.info().project.use.launchOptions, ignoreDefaultArgs: ['--hide-scrollbars'] })

/**
 * Returns what cannot be recognized with the forced colours of a high-contrast theme, which drop shadows and
 * backgrounds: controls without a line around them, a selected control that looks like the others of its group, an open
 * task that looks done, and closed hours that look open.
 */
async function unclear(page: Page): Promise<string[]> {
  await page.emulateMedia({ forcedColors: 'active' })
  const found = await page.evaluate(() => {
    const faults: string[] = []
    if (!matchMedia('(forced-colors: active)').matches) faults.push('the colours are not forced')
    const name = (element: Element) => `${element.tagName} ${element.className} «${element.textContent?.slice(0, 30)}»`
    const line = (style: CSSStyleDeclaration) =>
      [style.outlineStyle, style.outlineWidth, style.outlineColor, style.borderBlockEnd, style.borderInlineStart].join()
    const isShown = (element: Element) => element.getBoundingClientRect().width > 2 && element.checkVisibility()
    for (const control of document.querySelectorAll(
      '.btn:not(.link), input[type=text], input[type=search], textarea, select',
    )) {
      const style = getComputedStyle(control)
      if (isShown(control) && style.outlineStyle === 'none' && style.borderBlockEndStyle === 'none')
        faults.push(`no line: ${name(control)}`)
    }
    const selected = document.querySelectorAll(
      'a[aria-current]:not([aria-current=false]), button[aria-current]:not([aria-current=false]), [aria-pressed=true], [role=radio][aria-checked=true], .seg label:has(:checked)',
    )
    for (const one of selected) {
      const others = [...(one.parentElement?.children ?? [])].filter(
        other => other !== one && other.tagName === one.tagName && !other.matches('.btn') && isShown(other),
      )
      const same = others.find(other => line(getComputedStyle(other)) === line(getComputedStyle(one)))
      if (isShown(one) && same) faults.push(`not marked: ${name(one)}`)
    }
    for (const sign of document.querySelectorAll('[aria-checked=false] > .tick > svg')) {
      if (sign.checkVisibility({ visibilityProperty: true }))
        faults.push(`looks done: ${name(sign.parentElement ?? sign)}`)
    }
    for (const hours of document.querySelectorAll('.day-col .closed')) {
      if (isShown(hours) && getComputedStyle(hours).backgroundImage === 'none') faults.push('closed hours look open')
    }
    return faults
  })
  await page.emulateMedia({ forcedColors: 'none' })
  return found
}

/** Returns the icon buttons of a Hebrew page whose name has no Hebrew letter. */
const unnamed = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('main button.icon, main a.icon')]
      .filter(one => one.checkVisibility() && !/[א-ת]/.test(one.ariaLabel ?? one.textContent ?? ''))
      .map(one => one.outerHTML.slice(0, 120)),
  )

interface Found {
  faults: string[]
  scrollbars: number
  selects: number
}

/**
 * Finds scrollbars that are not on the end side, content that a scrollbar or the arrow of a select covers, and native
 * file inputs.
 */
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
      if (!['auto', 'scroll'].includes(style.overflowY)) continue
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
      // Measures the selected option against the arrow of the select, which is at the end side.
      const style = getComputedStyle(select)
      const pen = document.createElement('canvas').getContext('2d')
      if (!pen) continue
      pen.font = style.font
      const widest = pen.measureText(select.selectedOptions[0]?.text ?? '').width
      const arrow = style.appearance === 'none' ? Number.parseFloat(style.paddingInlineEnd) : 20
      if (arrow < 16) faults.push(`no space for the arrow: ${select.outerHTML.slice(0, 80)}`)
      if (
        widest + Number.parseFloat(style.paddingInlineStart) + arrow > select.offsetWidth + 2 &&
        style.textOverflow !== 'ellipsis'
      )
        faults.push(`the arrow lies on the words: ${select.outerHTML.slice(0, 80)}`)
    }
    for (const input of document.querySelectorAll<HTMLInputElement>('main input[type=file]')) {
      // A native file input shows «No file chosen» in the browser's language, so the page must render its own button.
      if (input.getBoundingClientRect().width > 2) faults.push(`a native file field: ${input.outerHTML.slice(0, 80)}`)
    }
    return { faults: [...new Set(faults)], scrollbars, selects: selects.length }
  })
}

let daemon: Daemon
let browser: Browser
let shop: Shop

test.describe.configure({ mode: 'serial' })
test.beforeAll(async () => {
  daemon = await new Daemon().start()
  browser = await launch()
  const page = await browser.newPage()
  // Enough messages for a scrollbar. The file that is sent to Noa comes after them and is visible.
  for (let at = 0; at < 12; at++) await daemon.receive(`הודעה ${at}`, NOA)
  shop = await fillShop(page, daemon, { name: 'נועה ברק', text: 'אפשר להקדים?', fileName: 'הצעה.pdf' })
  await fillEnglish(shop)
  await page.close()
})
test.afterAll(async () => {
  await browser?.close()
  await daemon?.remove()
})

/** Books a contact without a name, whom the calendar shows by the number, in one of two narrow lanes. */
async function bookUnnamed({ send, get }: Owner, day: string): Promise<void> {
  await daemon.receive('שלום', DANA)
  const { id } = await contactOf({ send, get }, DANA)
  const resource = await send<{ id: number }>('POST', '/api/resources', { name: 'מיכל', kind: 'staff' })
  const service = await send<{ id: number }>('POST', '/api/services', { name: 'תספורת', duration_min: 60 })
  const query = `service_id=${service.id}&resource_id=${resource.id}&days=3&step_min=60`
  const { slots } = await get<{ slots: { starts_at: string }[] }>(`/api/free-slots?${query}`)
  const { starts_at } = slots.find(slot => slot.starts_at.startsWith(day)) ?? { starts_at: '' }
  await send('POST', '/api/appointments', {
    contact_id: id,
    service_id: service.id,
    resource_id: resource.id,
    starts_at,
  })
}

/** The languages alternate, so that each view needs to be set for half of the screens only. */
const alternating = <T>(items: readonly T[], at: number): readonly T[] => (at % 2 ? items.toReversed() : items)

test('on every screen only directed icons are mirrored, controls cover nothing, and names are in order and whole', async () => {
  test.slow()
  const page = await browser.newPage()
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  // No provider confirms messages here, so the test marks the sent ones as delivered: only then they have the icon
  // `checks`.
  await page.route('**/api/contacts/*/timeline?*', async route => {
    const body = await (await route.fetch({ maxRetries: 2 })).json()
    for (const { message } of body.items) if (message?.direction === 'out') message.status = 'delivered'
    await route.fulfill({ json: body })
  })
  await page.goto(`${daemon.url}/app/more`)
  const seen = new Set<string>()
  const wrong = new Set<string>()
  let [scrollbars, selects] = [0, 0]
  const check = async (screen: string, view: View) => {
    await show(page, view)
    if (view.width > 390) await page.setViewportSize({ width: 1280, height: 560 })
    const faults: string[] = []
    for (const { name, isMirrored } of await icons(page)) {
      seen.add(name)
      if (isMirrored !== (view.language === 'he' && MIRRORED.has(name))) faults.push(`icon ${name}`)
    }
    for (const find of [misordered, clipped, broken]) faults.push(...(await page.evaluate(find)))
    if (view.width > 390) {
      const found = await look(page)
      faults.push(...found.faults)
      scrollbars += found.scrollbars
      selects += found.selects
    }
    if (view === VIEWS[0]) {
      faults.push(...(await unclear(page)))
      for (const button of await unnamed(page)) faults.push(`no Hebrew name: ${button}`)
    }
    for (const fault of faults) wrong.add(`${screen} ${view.language} ${view.width}: ${fault}`)
  }
  const more = { greeting: '/app/setup/greeting', english: `/app/contacts/${shop.tom}` }
  for (const [at, [screen, path]] of Object.entries({ ...screensOf(shop), ...more }).entries()) {
    await visit(page, path)
    for (const view of alternating(process.env.LONG ? VIEWS : [VIEWS[0], VIEWS[3]], at)) await check(screen, view)
  }
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  expect([...wrong]).toEqual([])
  // Verifies that the test has seen enough icons, scrollbars and selects, and that it finds names in the wrong order.
  expect([...seen].filter(name => MIRRORED.has(name)).length).toBeGreaterThan(3)
  for (const name of ['phone', 'checks', 'search', 'player-play-filled']) expect([...seen]).toContain(name)
  expect(scrollbars).toBeGreaterThan(3)
  expect(selects).toBeGreaterThan(2)
  const api = await owner(page, daemon)
  await bookUnnamed(api, shop.day)
  await show(page, VIEWS[0])
  await visit(page, `/calendar?date=${shop.day}`)
  await expect(page.locator('.ev', { hasText: '050-987-6543' })).toBeVisible()
  expect(await page.evaluate(broken)).toEqual([])
  const hours = Array.from({ length: 7 }, (_, weekday) => ({
    weekday,
    from: '10:00',
    to: weekday % 2 ? '12:00' : '18:00',
  }))
  await api.send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
  await expect(page.locator('.day-col .closed').first()).toBeVisible()
  expect(await unclear(page)).toEqual([])
  await show(page, VIEWS[3])
  await page.evaluate(() => {
    for (const bdi of document.querySelectorAll('bdi')) bdi.replaceWith(...bdi.childNodes)
  })
  expect(await page.evaluate(misordered)).not.toEqual([])
  await page.close()
})
