import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspect, layouts, logIn, prepare, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'

/** Creates a conversation in which two messages contain the word that the tests search for, and another contact. */
async function seed(page: Page, daemon: Daemon) {
  await daemon.start()
  await daemon.receive('שלום, אפשר להזמין לחמניות ליום שישי?', NOA)
  await daemon.receive('לחמניות עם שומשום, בבקשה', NOA)
  await daemon.receive('תודה רבה', '+972541234567')
  const api = await owner(page, daemon)
  const noa = await contactOf(api, NOA)
  await api.send('PATCH', `/api/contacts/${noa.id}`, { display_name: 'נועה ברק' })
  return noa
}

/** Opens the palette with its shortcut, and enters these words. */
async function type(page: Page, words: string): Promise<void> {
  await expect(page.locator('h1')).toBeVisible()
  await page.keyboard.press('Control+KeyK')
  await page.getByRole('combobox').fill(words)
}

/** Makes the daemon's search return only this hit. */
async function answer(page: Page, part: Record<string, unknown>): Promise<void> {
  const hit = { contact_name: 'נועה ברק', call_id: null, offset_ms: null, at: '2026-11-20T10:00:00Z', ...part }
  await page.route('**/api/search?*', route => route.fulfill({ json: { items: [hit], next_cursor: null } }))
}

for (const view of layouts('desktop')) {
  test(`the palette finds what was written, ${view.language} ${view.width}`, async ({ page, ownDaemon }) => {
    const noa = await seed(page, ownDaemon)
    await prepare(page, view)
    await page.goto(`${ownDaemon.url}/app/account`)
    await type(page, 'לחמניות')
    const hits = page.getByRole('option').filter({ has: page.locator('mark', { hasText: 'לחמניות' }) })
    await expect(hits).toHaveCount(2)
    await expect(hits.last()).toContainText('נועה ברק')
    await inspect(page, 'palette-words', view)
    await hits.filter({ hasText: 'להזמין' }).click()
    await expect(page).toHaveURL(new RegExp(`/app/inbox/${noa.id}\\?message=\\d+$`))
    await expect(page.locator('.msg.found')).toContainText('להזמין לחמניות')
  })
}

test('a note is found in its conversation; words without a hit offer a new contact', async ({ page, ownDaemon }) => {
  const noa = await seed(page, ownDaemon)
  const { send } = await owner(page, ownDaemon)
  await send('POST', `/api/contacts/${noa.id}/notes`, { text: 'אוהבת קרואסון' })
  await prepare(page, VIEWS[0])
  await page.goto(`${ownDaemon.url}/app/account`)
  await type(page, 'קרואסון')
  await page.getByRole('option', { name: /אוהבת/ }).click()
  await expect(page).toHaveURL(/\?note=\d+$/)
  await expect(page.locator('.note-line.found')).toContainText('קרואסון')

  await type(page, 'אוריה')
  await page.getByRole('option', { name: 'לקוח חדש: אוריה' }).click()
  await expect(page.getByRole('dialog').getByLabel('שם')).toHaveValue('אוריה')
})

for (const view of layouts('phone')) {
  test(`the search of the inbox finds words, ${view.language} ${view.width}`, async ({ page, ownDaemon }) => {
    await seed(page, ownDaemon)
    await prepare(page, view)
    await page.goto(`${ownDaemon.url}/app/inbox`)
    await page.locator('.list-head button').first().click()
    const field = page.locator('.list-head input')
    await field.fill('לחמניות')
    const found = page.locator('.found-word', { has: page.locator('mark') })
    await expect(found).toHaveCount(2)
    await expect(page.locator('.threads .thread')).toHaveCount(0)
    const close = (await page.locator('.list-head .btn .i').boundingBox())?.x ?? 0
    const glass = (await page.locator('.list-head > .i').boundingBox())?.x ?? 0
    expect(Math.abs(close - glass)).toBeGreaterThan(100)
    await inspect(page, 'inbox-search', view)
    await found.filter({ hasText: 'להזמין' }).click()
    await expect(page.locator('.msg.found')).toBeVisible()
  })
}

test('a word of a call leads to its second', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await logIn(page, ownDaemon)
  await prepare(page, VIEWS[0])
  const said = {
    call_id: 1,
    offset_ms: 34_000,
    link: '/app/calls/1?at=34000',
    text: 'יש לכם לחמניות?',
    highlights: [[7, 14]],
  }
  await answer(page, { kind: 'turn', id: 4, contact_id: 1, ...said })
  await page.goto(`${ownDaemon.url}/app/inbox`)
  await type(page, 'לחמניות')
  await expect(page.getByRole('option', { name: /לחמניות/ }).first()).toContainText('0:34')
  await page
    .getByRole('option', { name: /לחמניות/ })
    .first()
    .click()
  await expect(page).toHaveURL(/\/app\/calls\/1\?at=34000$/)
})

test('a misspelled name is offered as it is written', async ({ page, ownDaemon }) => {
  await seed(page, ownDaemon)
  await prepare(page, VIEWS[1])
  await page.goto(`${ownDaemon.url}/app/inbox?q=${encodeURIComponent('נועא ברק')}`)
  await page.getByRole('button', { name: /^אולי/ }).click()
  await expect(page).toHaveURL(/q=%D7%A0%D7%95%D7%A2%D7%94/)
  await expect(page.locator('.thread')).toHaveCount(1)
})
