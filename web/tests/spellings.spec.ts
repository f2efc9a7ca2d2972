import { contactOf, owner } from './support/api'
import { expect, prepare, test, VIEWS } from './support/fixtures'

const NOA = '+972541234567'

/** What is typed, and the words that it finds. */
const CASES = [
  ['רופא', ['לרופא', 'הרופאה']],
  ['שלום', ['שָׁלוֹם']],
  ['צהל', ['צה״ל']],
  ['לר', ['לרופא']],
] as const

test('the search finds inflections, points, abbreviations, two letters, and a number however it is written', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  for (const text of ['צריך ללכת לרופא מחר', 'הרופאה אמרה שכן', 'שָׁלוֹם לכולם', 'שירת בצה״ל']) {
    await ownDaemon.receive(text, NOA, 'נועה ברק')
  }
  const api = await owner(page, ownDaemon)
  await contactOf(api, NOA)
  const texts = async (words: string) => {
    const { items } = await api.get<{ items: { text: string }[] }>(`/api/search?q=${encodeURIComponent(words)}`)
    return items.map(({ text }) => text).join('\n')
  }
  // The index follows the messages.
  await expect.poll(() => texts('שירת')).toContain('שירת')
  await prepare(page, VIEWS[0])
  await page.goto(`${ownDaemon.url}/app/tasks`)
  await expect(page.locator('h1')).toBeVisible()
  await page.keyboard.press('Control+KeyK')
  const field = page.getByRole('combobox')
  for (const [typed, found] of CASES) {
    await field.fill(typed)
    for (const word of found) {
      await expect(page.getByRole('option').filter({ hasText: word }).first(), `${typed}: ${word}`).toBeVisible()
    }
  }
  for (const number of ['0541234567', '054-123-4567', '+972 54-123-4567', '1234567']) {
    await field.fill(number)
    await expect(page.getByRole('option').filter({ hasText: 'נועה ברק' }).first(), number).toBeVisible()
  }
})
