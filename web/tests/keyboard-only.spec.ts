import type { Locator, Page } from '@playwright/test'
import { expect, logIn, prepare, test, VIEWS } from './support/fixtures'
import { tabTo } from './support/keyboard'
import { fillShop, visit } from './support/shop'

/** Goes to a control with the Tab key, and presses Enter. */
async function press(page: Page, control: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await tabTo(page, control, key)
  await page.keyboard.press('Enter')
}

/** Verifies that a visible element has the focus, also after what had it was removed. */
const expectFocus = (page: Page, what: string) =>
  expect
    .poll(
      () => page.evaluate(() => document.activeElement !== document.body && document.activeElement?.checkVisibility()),
      { message: what },
    )
    .toBe(true)

test('with the keyboard alone a message is answered, archived and restored, and the focus is never lost', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await ownDaemon.receive('אפשר להקדים?', '+972527614408', 'נועה ברק')
  await ownDaemon.receive('תודה', '+972523334455', 'אבי לוי')
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/inbox`)
  const row = page.locator('.thread', { hasText: 'נועה ברק' })
  await press(page, row)
  const field = page.locator('.write textarea')
  await expect(field).toBeVisible()
  await expect(row).toBeFocused()
  await tabTo(page, field)
  await page.keyboard.type('כן, בשמחה')
  await page.keyboard.press('Enter')
  await expect(page.locator('.msg.us, .msg.outgoing')).toContainText('כן, בשמחה')
  await expect(field).toBeFocused()
  const toast = page.locator('.toast', { hasText: 'ארכיון' })
  await press(page, page.getByRole('button', { name: 'העברה לארכיון' }), 'Shift+Tab')
  await expect(row).toHaveCount(0)
  await expectFocus(page, 'archived')
  // A toast stays while the pointer is on it, however long the keys take.
  await toast.hover()
  await press(page, toast.getByRole('button', { name: 'ביטול' }), 'Shift+Tab')
  await expect(row).toBeVisible()
  await expect(toast).toHaveCount(0)
  await expectFocus(page, 'restored')
  expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true)
})

test('with the keyboard alone an appointment is booked, and a merge is made and undone', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const { noa, tom } = await fillShop(page, ownDaemon, { name: 'נועה ברק', text: 'אפשר?', fileName: 'א.pdf' })
  await page.goto(`${ownDaemon.url}/calendar`)
  const opener = page.getByRole('button', { name: 'תור חדש' }).first()
  const dialog = page.getByRole('dialog')
  const field = dialog.getByRole('combobox').first()
  // The second time, the list of services is known, so the dialog is complete at once.
  for (let time = 0; time < 2; time++) {
    await press(page, opener)
    await expect(field).toBeFocused()
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    await expect(opener).toBeFocused()
  }
  await page.keyboard.press('Enter')
  await expect(field).toBeFocused()
  // Enter waits for the answer to what was typed.
  await page.keyboard.type('נועה')
  await page.keyboard.press('Enter')
  await expect(dialog.locator('.picked')).toBeVisible()
  await expectFocus(page, 'the contact is chosen')
  await press(page, dialog.locator('.service').first())
  await press(page, dialog.locator('.slot').first())
  await press(page, dialog.getByRole('button', { name: /^לקבוע ל/ }))
  await expect(dialog).toHaveCount(0)
  await expect(opener).toBeFocused()

  await visit(page, `/app/contacts/merge?keep=${noa}&other=${tom}`)
  await press(page, page.getByRole('button', { name: 'כן, לאחד' }))
  await expect(page).toHaveURL(/contacts\/\d+$/)
  await expectFocus(page, 'merged')
  const undo = page
    .getByRole('region', { name: 'משימות, לידים ואיחודים' })
    .getByRole('button', { name: 'ביטול האיחוד' })
  await press(page, undo)
  await expect(undo).toHaveCount(0)
  await expectFocus(page, 'undone')
})

test('a dialog that is closed returns the focus to what opened it', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await ownDaemon.receive('אפשר להקדים?', '+972527614408', 'נועה ברק')
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/inbox`)
  const dialog = page.getByRole('dialog')
  const closes = async (opener: Locator, open = opener) => {
    await open.focus()
    await page.keyboard.press('Enter')
    await expect(dialog).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    await expect(opener).toBeFocused()
  }
  await closes(page.getByRole('button', { name: 'הודעה חדשה' }))
  await page.locator('.thread').click()
  await closes(page.locator('.conv').getByRole('button', { name: 'משימה חדשה' }))
  await page.locator('.write textarea').fill('מחר')
  const later = page.getByRole('button', { name: 'שליחה מאוחר יותר' })
  await later.click()
  await closes(later, page.getByRole('menuitem', { name: 'יום ושעה אחרים' }))
})
