import type { Locator, Page } from '@playwright/test'
import { owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspect, long, prepare, test, VIEWS, type View } from './support/fixtures'

interface List {
  name: string
  path: string
  /** Each row has one such link. */
  link: string
  /** What scrolls on a wide screen; on a phone it is the page. */
  scroller: string
  /** The height of a row, in px. */
  height: number
  /** What a click on a row opens. */
  opened: string
}

const INBOX: List = {
  name: 'inbox',
  path: '/app/inbox',
  link: '.threads .thread',
  scroller: '.pane.list > .scroll',
  height: 67,
  opened: '.conv .dock',
}
const CONTACTS: List = {
  name: 'contacts',
  path: '/app/contacts',
  link: '.name-cell a',
  scroller: '.page-scroll',
  height: 53,
  opened: '.id-name',
}
const CALLS: List = {
  name: 'calls',
  path: '/app/calls',
  link: '.call-row .thread',
  scroller: '.pane.list > ul',
  height: 66,
  opened: '.call-body',
}
const LISTS = [INBOX, CONTACTS, CALLS]
const [WIDE, , , PHONE] = VIEWS
/** Without leaving rows out, so many rows are more elements than the page may have. */
const ROWS = 600
const MAX_ELEMENTS = 3000

/** Starts a shop with more contacts and calls than `ROWS`. */
async function fill(page: Page, daemon: Daemon) {
  await daemon.start()
  await daemon.stop()
  await daemon.cli(['simulate', 'crm', '--people', '900', '--messages', '2000', '--calls', '900'], '', 120_000)
  await daemon.start()
  return owner(page, daemon)
}

const scrollerOf = (page: Page, { scroller }: List, { width }: View): Locator =>
  page.locator(width === PHONE.width ? 'html' : scroller)

/** Waits until the frame after the scroll is painted. Returns the height of what scrolls. */
const scrollTo = (scroller: Locator, top: number): Promise<number> =>
  scroller.evaluate(async (element, top) => {
    element.scrollTop = top
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
    return element.scrollHeight
  }, top)

/** Scrolls to the end again and again, until `ROWS` rows are loaded. Returns the height of what scrolls. */
async function load(scroller: Locator, { height }: List): Promise<number> {
  let reached = 0
  await expect
    .poll(async () => (reached = await scrollTo(scroller, 1_000_000)), { intervals: [50], timeout: 60_000 })
    .toBeGreaterThan(ROWS * height)
  return reached
}

/** The address of the first row that begins below the middle of the screen, and where it begins. */
const inMiddle = (page: Page, { link }: List) =>
  page.evaluate(link => {
    const rows = [...document.querySelectorAll(link)]
    const row = rows.find(one => one.getBoundingClientRect().top > innerHeight / 2)
    return { href: row?.getAttribute('href') ?? '', top: row?.getBoundingClientRect().top ?? Number.NaN }
  }, link)

const topOf = (link: Locator): Promise<number> => link.evaluate(one => one.getBoundingClientRect().top)
/** The number of a row in the whole list. */
const placeOf = (link: Locator): Promise<number> =>
  link.evaluate(one => {
    const row = one.closest('[aria-posinset], [aria-rowindex]')
    return Number(row?.getAttribute('aria-posinset') ?? row?.getAttribute('aria-rowindex'))
  })
/** The addresses of the first rows on the screen. */
const firstRows = (page: Page, { link }: List, count: number): Promise<(string | null)[]> =>
  page.evaluate(
    ({ link, count }) =>
      [...document.querySelectorAll(link)]
        .filter(one => one.getBoundingClientRect().bottom > 0)
        .slice(0, count)
        .map(one => one.getAttribute('href')),
    { link, count },
  )
const elements = (page: Page): Promise<number> => page.evaluate(() => document.querySelectorAll('*').length)

for (const view of [WIDE, PHONE]) {
  for (const list of LISTS) {
    test(
      `${list.name} at ${view.width} px stays small however far it is scrolled, and "back" returns to the place`,
      list.name === 'contacts' && view.width === 390 ? {} : long,
      async ({ page, ownDaemon }) => {
        test.slow()
        await fill(page, ownDaemon)
        await prepare(page, view)
        await page.goto(ownDaemon.url + list.path)
        const scroller = scrollerOf(page, list, view)
        await expect(page.locator(list.link).first()).toBeVisible()
        const end = await load(scroller, list)
        expect(await elements(page)).toBeLessThan(MAX_ELEMENTS)
        await scrollTo(scroller, end / 2)
        expect(await elements(page)).toBeLessThan(MAX_ELEMENTS)

        const { href, top } = await inMiddle(page, list)
        expect(top).toBeLessThan(view.width === PHONE.width ? 844 : 900)
        await inspect(page, `long-${list.name}`, view)
        const link = page.locator(`${list.link}[href="${href}"]`)
        await link.click()
        await expect(page.locator(list.opened)).toBeVisible()
        await page.goBack()
        await expect(page).toHaveURL(ownDaemon.url + list.path)
        await expect.poll(async () => Math.abs((await topOf(link)) - top)).toBeLessThan(1)
      },
    )
  }
}

test('no row moves while a long list is scrolled up, and none is empty', long, async ({ page, ownDaemon }) => {
  test.slow()
  await fill(page, ownDaemon)
  await prepare(page, WIDE)
  for (const list of LISTS) {
    await page.goto(ownDaemon.url + list.path)
    const scroller = scrollerOf(page, list, WIDE)
    await expect(page.locator(list.link).first()).toBeVisible()
    await load(scroller, list)
    const found = await scroller.evaluate(async (element, link) => {
      const shown = () => [...document.querySelectorAll<HTMLElement>(link)].filter(isShown)
      const isShown = (one: HTMLElement) => {
        const { top, bottom } = one.getBoundingClientRect()
        return bottom > 200 && top < innerHeight - 100
      }
      let largest = 0
      let fewest = Number.POSITIVE_INFINITY
      for (let steps = 0; steps < 60; steps++) {
        const before = shown().map(row => ({ row, top: row.getBoundingClientRect().top + element.scrollTop }))
        element.scrollTop -= 400
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
        for (const { row, top } of before) {
          if (!row.isConnected) continue
          largest = Math.max(largest, Math.abs(row.getBoundingClientRect().top + element.scrollTop - top))
        }
        fewest = Math.min(fewest, shown().length)
      }
      return { largest, fewest }
    }, list.link)
    expect(found.largest, `${list.name}: px by which a row moved`).toBeLessThan(1)
    expect(found.fewest, `${list.name}: rows on the screen`).toBeGreaterThan(6)
  }
})

test('far from the focus and the open row, a long list keeps both', long, async ({ page, ownDaemon }) => {
  test.slow()
  await fill(page, ownDaemon)
  await prepare(page, WIDE)
  for (const list of [INBOX, CALLS]) {
    await page.goto(ownDaemon.url + list.path)
    const scroller = scrollerOf(page, list, WIDE)
    const links = page.locator(list.link)
    const [first, second] = [await links.nth(0).getAttribute('href'), await links.nth(1).getAttribute('href')]
    await links.nth(0).click()
    await links.nth(0).focus()
    await load(scroller, list)
    await expect(links.first()).toBeFocused()
    await expect(links.first()).toHaveAttribute('aria-current', 'true')
    // The row after the open one is far above the screen.
    await page.keyboard.press('KeyJ')
    await expect(page).toHaveURL(ownDaemon.url + second)
    await expect(page.locator(`${list.link}[href="${second}"]`)).toBeInViewport()
    await scrollTo(scroller, 20_000)
    await page.keyboard.press('Tab')
    await expect(page.locator(`${list.link}[href="${second}"]`)).toBeFocused()
    await expect(page.locator(`${list.link}[href="${second}"]`)).toBeInViewport()
    await page.keyboard.press('Shift+Tab')
    await expect(page.locator(`${list.link}[href="${first}"]`)).toBeFocused()
  }
})

test(
  'the checkbox of all contacts, a range and a printed list include the rows that are left out',
  long,
  async ({ page, ownDaemon }) => {
    test.slow()
    await fill(page, ownDaemon)
    await prepare(page, WIDE)
    await page.goto(ownDaemon.url + CONTACTS.path)
    const scroller = scrollerOf(page, CONTACTS, WIDE)
    const boxes = page.locator('.contact-table tbody input')
    const count = async () => Number(/\d+/.exec((await page.locator('.bulk .strong').textContent()) ?? '')?.[0])
    await boxes.nth(1).click()
    await load(scroller, CONTACTS)
    await boxes.last().click({ modifiers: ['Shift'] })
    expect(await count()).toBeGreaterThan(ROWS - 50)
    await scrollTo(scroller, 0)
    await page.locator('.contact-table thead input').check()
    const loaded = await count()
    expect(loaded).toBeGreaterThanOrEqual(ROWS)
    await scrollTo(scroller, 10_000)
    for (const box of await boxes.all()) await expect(box).toBeChecked()

    const printed = page.evaluate(
      () =>
        new Promise<number>(done => {
          const count = () => done(document.querySelectorAll('.name-cell').length)
          addEventListener('beforeprint', count, { once: true })
        }),
    )
    await page.pdf()
    expect(await printed).toBe(loaded)
    expect(await elements(page)).toBeLessThan(MAX_ELEMENTS)
  },
)

test('a message that moves a row to the top moves no visible row', long, async ({ page, ownDaemon }) => {
  test.slow()
  const { get } = await fill(page, ownDaemon)
  const { items } = await get<{ items: { number: string | null; contact_name: string }[] }>('/api/inbox?limit=200')
  const from = items.slice(150).find(({ number }) => number?.startsWith('+9725'))?.number ?? ''
  await prepare(page, WIDE)
  await page.goto(ownDaemon.url + INBOX.path)
  const scroller = scrollerOf(page, INBOX, WIDE)
  await expect(page.locator(INBOX.link).first()).toBeVisible()
  await load(scroller, INBOX)
  await scrollTo(scroller, 100 * INBOX.height)
  const { href, top } = await inMiddle(page, INBOX)
  const link = page.locator(`${INBOX.link}[href="${href}"]`)
  const place = async () => Number(await link.locator('..').getAttribute('aria-posinset'))
  const before = await place()
  await ownDaemon.receive('שורה שעלתה למעלה', from)
  await expect.poll(place).toBe(before + 1)
  await expect.poll(async () => Math.abs((await topOf(link)) - top), { timeout: 3_000 }).toBeLessThan(1)
  await scrollTo(scroller, 0)
  await expect(page.locator(INBOX.link).first()).toContainText('שורה שעלתה למעלה')
})

for (const view of [WIDE, PHONE]) {
  test(
    `messages and calls that are added above move no visible row at ${view.width} px`,
    long,
    async ({ page, ownDaemon }) => {
      test.slow()
      await fill(page, ownDaemon)
      await prepare(page, view)
      for (const [at, list] of LISTS.entries()) {
        await page.goto(ownDaemon.url + list.path)
        const scroller = scrollerOf(page, list, view)
        await expect(page.locator(list.link).first()).toBeVisible()
        await load(scroller, list)
        await scrollTo(scroller, 100 * list.height)
        const { href, top } = await inMiddle(page, list)
        const link = page.locator(`${list.link}[href="${href}"]`)
        const edge = () => (view === PHONE ? 0 : topOf(scroller))
        const start = await edge()
        for (let added = 1; added <= 3; added++) {
          const before = await placeOf(link)
          const from = `+97254${7_000_000 + at * 10 + added}`
          if (list === CALLS) await ownDaemon.ring({ From: from })
          else await ownDaemon.receive('שורה חדשה', from, 'לקוח חדש')
          await expect
            .poll(() => placeOf(link), { message: `${list.name}: row ${added} is added` })
            .toBeGreaterThan(before)
          await page.waitForTimeout(100)
          // A call is also shown above the page, which moves the whole list.
          const moved = (await topOf(link)) - top - ((await edge()) - start)
          expect(Math.abs(moved), `${list.name}: px after row ${added}`).toBeLessThan(2)
        }
      }
    },
  )
}

test('a rotated phone and a larger zoom keep the place in a long list', long, async ({ page, ownDaemon }) => {
  test.slow()
  await fill(page, ownDaemon)
  await prepare(page, PHONE)
  for (const list of LISTS) {
    await page.setViewportSize({ width: 390, height: 844 })
    await page.goto(ownDaemon.url + list.path)
    await expect(page.locator(list.link).first()).toBeVisible()
    const scroller = page.locator('html')
    await load(scroller, list)
    await scrollTo(scroller, 100 * list.height)
    const { href } = await inMiddle(page, list)
    const link = page.locator(`${list.link}[href="${href}"]`)
    for (const [width, height] of [
      [844, 390],
      [390, 844],
      [1440, 900],
      [720, 900],
    ] as const) {
      await page.setViewportSize({ width, height })
      await expect.poll(() => firstRows(page, list, 16), { message: `${list.name}: ${width} px` }).toContain(href)
    }
    await expect(link).toBeAttached()
  }
})

test('"back" from a filter of the inbox returns to the place', long, async ({ page, ownDaemon }) => {
  test.slow()
  await fill(page, ownDaemon)
  for (const view of [WIDE, PHONE]) {
    await prepare(page, view)
    await page.goto(ownDaemon.url + INBOX.path)
    const scroller = scrollerOf(page, INBOX, view)
    await expect(page.locator(INBOX.link).first()).toBeVisible()
    await load(scroller, INBOX)
    await scrollTo(scroller, 100 * INBOX.height)
    const { href, top } = await inMiddle(page, INBOX)
    const link = page.locator(`${INBOX.link}[href="${href}"]`)
    for (const filter of ['archived', 'waiting'] as const) {
      const button = page.locator('.list .filters button').nth(filter === 'archived' ? 3 : 1)
      await button.click()
      await expect(button).toHaveAttribute('aria-pressed', 'true')
      await page.goBack()
      await expect(page).toHaveURL(ownDaemon.url + INBOX.path)
      const message = `${view.width} px: back from ${filter}`
      await expect.poll(async () => Math.abs((await topOf(link)) - top), { message }).toBeLessThan(1)
    }
  }
})
