import type { Locator } from '@playwright/test'
import { contactOf, owner } from './support/api'
import { expect, inspect, prepare, test, VIEWS } from './support/fixtures'
import { fillShop, screensOf, settled, visit } from './support/shop'

const NOA = '+972527614408'

/** Texts whose characters change places in a right-to-left line if nothing isolates them. */
const STRINGS = [
  '+972 54-123-4567',
  '+972-54-123-4567',
  '054-123-4567',
  '(03) 555-1234',
  '*2000',
  '10:00-12:30',
  '10:00–12:30',
  '20.11.2026',
  '20.11.2026, 10:00',
  '-5%',
  '1,234.50 ₪',
  '00:30 / 03:30',
  'C++',
]

/** The characters of a text in the order in which they stand on the screen, from left to right. */
const seen = (element: Locator, words: string): Promise<string> =>
  element.evaluate((element, words) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const from = node.textContent?.indexOf(words) ?? -1
      if (from < 0) continue
      const glyphs = [...words].map((glyph, at) => {
        const range = document.createRange()
        range.setStart(node, from + at)
        range.setEnd(node, from + at + 1)
        return { glyph, x: range.getBoundingClientRect().left }
      })
      return glyphs
        .filter(({ glyph }) => glyph !== ' ')
        .sort((a, b) => a.x - b.x)
        .map(({ glyph }) => glyph)
        .join('')
    }
    return `«${words}» is not in ${element.outerHTML.slice(0, 300)}`
  }, words)

test('numbers, times and codes stand as they were written, alone in a message and as names', async ({
  page,
  ownDaemon,
}) => {
  test.slow()
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  for (const text of STRINGS) await ownDaemon.receive(text, NOA, 'נועה ברק')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, NOA)
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  for (const text of STRINGS) {
    const message = page.locator('.trow .msg .plain').getByText(text, { exact: true }).last()
    await expect(message).toBeVisible()
    expect(await seen(message, text), `message ${text}`).toBe(text.replaceAll(' ', ''))
  }
  // The same in the middle of a Hebrew name: in the row, the head, the card, the table and the palette.
  for (const code of ['C++', '*2000']) {
    await api.send('PATCH', `/api/contacts/${id}`, { display_name: code })
    await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
    const places = ['.thread', '.conv .head, .conv header', '.side']
    for (const place of places) {
      const name = page.locator(place).first()
      await expect(name).toContainText(code)
      expect(await seen(name, code), `${place} ${code}`).toBe(code)
    }
    await page.goto(`${ownDaemon.url}/app/contacts`)
    const table = page.locator('main.contacts')
    await expect(table).toContainText(code)
    expect(await seen(table, code), `table ${code}`).toBe(code)
  }
  // The page writes phone numbers itself, in every place from left to right.
  await page.goto(`${ownDaemon.url}/app/contacts/${id}`)
  const number = page.locator('main').getByText('052-761-4408').first()
  await expect(number).toBeVisible()
  expect(await seen(number, '052-761-4408')).toBe('052-761-4408')
})

for (const view of [VIEWS[0], VIEWS[3]]) {
  test(`the whole page in ${view.language} with data in the other language, ${view.width}`, async ({
    page,
    ownDaemon,
  }) => {
    test.slow()
    await ownDaemon.start()
    await prepare(page, view)
    const texts =
      view.language === 'en'
        ? { name: 'דנה לוי־כהן', text: 'שלום, אפשר לקבוע תור ליום שישי ב־10:30?', fileName: 'חשבונית.pdf' }
        : { name: 'Tom Becker', text: 'Hi! Is Friday 10:30 still free? Thanks.', fileName: 'invoice.pdf' }
    const shop = await fillShop(page, ownDaemon, texts)
    await page.goto(`${ownDaemon.url}/app/today`)
    await settled(page)
    for (const [name, path] of Object.entries(screensOf(shop))) {
      await visit(page, path)
      await inspect(page, `mixed-${name}`, view)
    }
  })
}
