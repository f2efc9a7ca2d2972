import type { Locator, Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import { expect, inspectAll, prepare, show, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'

interface Item {
  id: number
}

const kept = (page: Page) => page.locator('.kept-input')
const KEPT = 'ועוד לא נשמר'

/** Fills a form, reloads, opens it again, and expects the same input with a notice. */
async function survives(page: Page, open: () => Promise<void>, field: Locator, text: string): Promise<void> {
  await field.fill(text)
  await page.reload()
  await open()
  await expect(field).toHaveValue(text)
  await expect(kept(page)).toContainText(KEPT)
}

test('the forms of lists keep what was typed over a reload, and open again by themselves', async ({
  page,
  ownDaemon,
}) => {
  test.slow()
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const { send, get } = await owner(page, ownDaemon)
  const fact = await send<Item>('POST', '/api/facts', { topic: 'חניה', text: 'מאחור' })
  await page.goto(`${ownDaemon.url}/app/settings/facts`)
  const text = page.getByLabel('מה להגיד')
  const stays = async () => undefined

  // A new fact: saved, so nothing remains.
  await page.getByRole('button', { name: 'עובדה חדשה' }).click()
  await page.getByLabel('נושא').fill('כתובת')
  await survives(page, stays, text, 'הרצל 48')
  await inspectAll(page, 'fact-kept')
  await show(page, VIEWS[0])
  await page.getByRole('button', { name: 'שמירה' }).click()
  await expect(text).toHaveCount(0)
  await page.reload()
  await expect(page.getByRole('button', { name: 'עובדה חדשה' })).toBeVisible()
  await expect(kept(page)).toHaveCount(0)

  // The edit of a fact: another page is opened, and the form is discarded at the return.
  await page.getByRole('button', { name: /חניה/ }).click()
  await text.fill('מלפנים')
  await page.locator('.rail a[href="/app/inbox"]').click()
  // The form stays until the code of the inbox has arrived.
  await expect(text).toHaveCount(0)
  await page.goBack()
  await expect(text).toHaveValue('מלפנים')
  await kept(page).getByRole('button', { name: 'למחוק' }).click()
  await expect(text).toHaveCount(0)
  await page.reload()
  await page.getByRole('button', { name: /חניה/ }).click()
  await expect(text).toHaveValue('מאחור')
  await expect(kept(page)).toHaveCount(0)

  // Kept input does not overwrite what another user saved meanwhile.
  await text.fill('בחניון')
  await page.goto(`${ownDaemon.url}/app/today`)
  await send('PATCH', `/api/facts/${fact.id}`, { topic: 'חניה', text: 'ברחוב' })
  await page.goto(`${ownDaemon.url}/app/settings/facts`)
  await expect(text).toHaveValue('בחניון')
  await page.getByRole('button', { name: 'שמירה' }).click()
  await expect(page.getByText('ברחוב')).toBeVisible()
  const { items } = await get<{ items: { text: string }[] }>('/api/facts')
  expect(items.map(({ text }) => text)).toContain('ברחוב')

  await page.goto(`${ownDaemon.url}/app/settings/services`)
  await page.getByRole('button', { name: 'שירות חדש' }).first().click()
  await survives(page, stays, page.getByLabel('שם השירות'), 'צבע')
  await page.getByRole('button', { name: 'ביטול', exact: true }).click()
  await page.reload()
  await expect(page.getByRole('button', { name: 'שירות חדש' }).first()).toBeVisible()
  await expect(page.getByLabel('שם השירות')).toHaveCount(0)
})

test('the forms about a contact keep what was typed over a reload', async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  await ownDaemon.receive('שלום', NOA, 'נועה ברק')
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, NOA)
  await page.goto(`${ownDaemon.url}/app/contacts/${id}`)

  await page.getByRole('button', { name: 'הערה', exact: true }).click()
  const note = page.getByRole('textbox', { name: 'הערה' })
  await survives(page, async () => undefined, note, 'אלרגית לעמוניה')
  // The same note is open beside the conversation.
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  await expect(page.getByRole('textbox', { name: 'הערה חדשה' })).toHaveValue('אלרגית לעמוניה')
  await page.locator('.side').getByRole('button', { name: 'שמירה' }).click()
  await expect(page.locator('.note-entry')).toContainText('אלרגית לעמוניה')
  await page.goto(`${ownDaemon.url}/app/contacts/${id}`)
  await expect(page.locator('.tlwrap')).toContainText('אלרגית לעמוניה')
  await expect(note).toHaveCount(0)

  const lead = page.getByRole('textbox', { name: 'ליד חדש' })
  await lead.fill('צבע ותספורת')
  const task = page.getByRole('textbox', { name: 'משימה חדשה' })
  await task.fill('לשלוח מחיר')
  await page.reload()
  await expect(lead).toHaveValue('צבע ותספורת')
  await expect(task).toHaveValue('לשלוח מחיר')
  await task.press('Enter')
  await expect(task).toHaveValue('')
  await page.reload()
  await expect(lead).toHaveValue('צבע ותספורת')
  await expect(task).toHaveValue('')

  await page.goto(`${ownDaemon.url}/app/tasks`)
  const line = page.getByRole('textbox', { name: 'משימה חדשה' })
  await line.fill('להזמין צבע מחר')
  await page.reload()
  await expect(line).toHaveValue('להזמין צבע מחר')

  await page.goto(`${ownDaemon.url}/app/contacts?new=1`)
  const name = page.getByRole('dialog').getByLabel('שם')
  await survives(page, async () => undefined, name, 'דנה')
  await page.getByRole('dialog').getByRole('button', { name: 'ביטול' }).click()
  await page.goto(`${ownDaemon.url}/app/contacts?new=1`)
  await expect(name).toHaveValue('')
})

test('a booking, an entry of the waiting list and a saved reply keep what was typed', async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  await ownDaemon.receive('שלום', NOA, 'נועה ברק')
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, NOA)
  await api.send('POST', '/api/services', { name: 'צבע', duration_min: 60 })
  await page.goto(`${ownDaemon.url}/calendar?new=1`)
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox').first().fill('נועה')
  await dialog.locator('.pick').first().click()
  await survives(page, async () => undefined, dialog.getByLabel('הערה'), 'קצר מאחור')
  await expect(dialog.locator('.picked')).toContainText('נועה')
  // The question says that the input is deleted.
  await page.keyboard.press('Escape')
  await dialog.getByRole('button', { name: 'לסגור' }).click()
  await page.goto(`${ownDaemon.url}/calendar?new=1`)
  await expect(dialog.getByRole('textbox').first()).toBeVisible()
  await expect(kept(page)).toHaveCount(0)

  await page.goto(`${ownDaemon.url}/calendar?waiting=1`)
  const add = page.getByRole('button', { name: 'הוספה לרשימה' })
  await add.click()
  await survives(page, () => add.click(), dialog.getByLabel('הערה'), 'רק בבוקר')

  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  const field = page.locator('.write textarea')
  const manage = async () => {
    await field.fill('/')
    await page.locator('.replies .foot button').click()
  }
  await manage()
  await survives(page, manage, dialog.getByLabel('התשובה'), 'אנחנו פתוחים עד 18:00')
  await dialog.getByLabel('שם קצר').fill('שעות')
  await dialog.getByRole('button', { name: 'הוספה' }).click()
  await expect(dialog.getByLabel('התשובה')).toHaveValue('')
  await page.reload()
  await manage()
  await expect(dialog.getByLabel('התשובה')).toHaveValue('')
  await expect(kept(page)).toHaveCount(0)
})
