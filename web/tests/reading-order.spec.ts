import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import { expect, logIn, prepare, test, VIEWS } from './support/fixtures'
import { visit } from './support/shop'

/** What users and contacts type, and its letters as a Hebrew page must show them, from left to right. */
const TEXTS: Record<string, string> = {
  '+972 54-123-4567': '+97254-123-4567',
  '+972-54-123-4567': '+972-54-123-4567',
  '054-123-4567': '054-123-4567',
  '(03) 555-1234': '(03)555-1234',
  '*2000': '*2000',
  '10:00-12:30': '10:00-12:30',
  '10:00–12:30': '10:00–12:30',
  '20.11.2026': '20.11.2026',
  // A time is read after its date, so it is on the left.
  '20.11.2026, 10:00': '10:00,20.11.2026',
  '-5%': '-5%',
  '1,234.50 ₪': '₪1,234.50',
  '00:30 / 03:30': '00:30/03:30',
  'שלום C++': 'C++םולש',
}

/** Every text is part of a Hebrew one. */
const BEFORE = 'דנה'

/** Returns, for each text, its letters in the first such element that contains it, from left to right. */
const seen = (page: Page, selector: string, texts: string[]): Promise<Record<string, string>> =>
  page.evaluate(
    ({ selector, texts }) => {
      const elements = [...document.querySelectorAll(selector)].map(element => {
        const letters: { letter: string; node: Node; at: number }[] = []
        const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
        while (walker.nextNode()) {
          const { currentNode: node } = walker
          // Isolating marks have no width.
          for (const [at, letter] of [...(node.textContent ?? '')].entries())
            if (!/[\u2066-\u2069]/.test(letter)) letters.push({ letter, node, at })
        }
        return letters
      })
      const visual = (text: string) => {
        for (const letters of elements) {
          const from = letters
            .map(({ letter }) => letter)
            .join('')
            .indexOf(text)
          // The shorter date is also the beginning of the longer one.
          if (from < 0 || (text === '20.11.2026' && letters[from + text.length]?.letter === ',')) continue
          return letters
            .slice(from + 4, from + text.length)
            .filter(({ letter }) => letter.trim())
            .map(({ letter, node, at }) => {
              const range = document.createRange()
              range.setStart(node, at)
              range.setEnd(node, at + 1)
              return { letter, x: range.getClientRects()[0]?.left ?? Number.NaN }
            })
            .sort((one, other) => one.x - other.x)
            .map(({ letter }) => letter)
            .join('')
        }
        return 'not found'
      }
      return Object.fromEntries(texts.map(text => [text, visual(`דנה ${text}`)]))
    },
    { selector, texts },
  )

test('numbers, ranges, amounts and code are read in order inside Hebrew names, messages, titles and toasts', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  const texts = Object.keys(TEXTS)
  await Promise.all(
    texts.map(async (text, at) => {
      const number = `+9725200000${10 + at}`
      await ownDaemon.receive(`${BEFORE} ${text}`, number)
      const { id } = await contactOf(api, number)
      await api.send('PATCH', `/api/contacts/${id}`, { display_name: `${BEFORE} ${text}` })
      await api.send('POST', '/api/tasks', { title: `${BEFORE} ${text}` })
      await api.send('POST', '/api/tags', { name: `${BEFORE} ${text}` })
    }),
  )
  const many = '+972520000099'
  for (const text of texts) await ownDaemon.receive(`${BEFORE} ${text}`, many)
  const { id } = await contactOf(api, many)
  const check = async (selector: string) => expect(await seen(page, selector, texts), selector).toEqual(TEXTS)
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  await expect(page.locator('.trow .msg')).toHaveCount(texts.length)
  await expect(page.locator('.threads .thread')).toHaveCount(texts.length + 1)
  for (const selector of ['.trow .bub', '.thread .name', '.thread .said']) await check(selector)
  await visit(page, '/app/tasks')
  await expect(page.locator('.task')).toHaveCount(texts.length)
  await check('.task-words')
  await visit(page, '/app/contacts')
  await expect(page.locator('tbody tr')).toHaveCount(texts.length + 1)
  await check('tbody .name')
  await page.getByRole('checkbox', { name: 'בחירה' }).first().click()
  for (const text of ['+972 54-123-4567', '10:00–12:30', '-5%', 'שלום C++']) {
    await page.getByRole('button', { name: 'הוספת תגית' }).click()
    await page.getByRole('textbox', { name: 'שם התגית' }).fill(`${BEFORE} ${text}`)
    await page
      .locator('.tag-choices')
      .getByRole('button', { name: `${BEFORE} ${text}`, exact: true })
      .click()
    await expect(page.locator('.toast').last()).toContainText(text.slice(-3))
    expect(await seen(page, '.toast', [text]), 'toast').toEqual({ [text]: TEXTS[text] })
  }
})

test('a number in a line that is too short for it is left out as a whole', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('אפשר להעביר למספר ההזמנה הארוך הזה 12345678901234567890 בבקשה')
  await prepare(page, VIEWS[1])
  await logIn(page, ownDaemon)
  for (const [path, line] of [
    ['inbox', '.thread .said .plain'],
    ['today', '.w .plain'],
  ] as const) {
    await page.goto(`${ownDaemon.url}/app/${path}`)
    const isInLine = () =>
      page.locator(line).evaluate(element => {
        const text = element.firstChild as Text
        const range = document.createRange()
        range.setStart(text, text.data.indexOf('1'))
        range.setEnd(text, text.data.indexOf('90') + 2)
        return range.getBoundingClientRect().top < element.getBoundingClientRect().bottom - 2
      })
    await expect(page.locator(line)).toContainText('אפשר')
    expect(await isInLine(), path).toBe(false)
  }
})
