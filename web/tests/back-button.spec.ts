import type { Locator, Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import { expect, layouts, long, prepare, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'

/** Whether the current history entry is that of a dialog or sheet. */
const hasLayer = (page: Page): Promise<boolean> => page.evaluate(() => Boolean(history.state?.layer))

for (const view of layouts('phone')) {
  test(`the back button closes what is above the page, then leaves it, ${view.language} ${view.width}`, async ({
    page,
    ownDaemon,
  }) => {
    test.slow()
    await ownDaemon.start()
    await ownDaemon.receive('שלום', NOA, 'נועה ברק')
    const api = await owner(page, ownDaemon)
    const { id } = await contactOf(api, NOA)
    await prepare(page, view)
    const dialog = page.getByRole('dialog')
    const back = () => page.evaluate(() => history.back())

    // The palette, from the page of more entries as on a phone.
    await page.goto(`${ownDaemon.url}/app/inbox`)
    await page.evaluate(() => history.pushState(null, '', '/app/contacts'))
    await expect(page.locator('h1')).toBeVisible()
    await page.keyboard.press('Control+KeyK')
    await expect(dialog).toBeVisible()
    await back()
    await expect(dialog).toHaveCount(0)
    await expect(page).toHaveURL(/\/app\/contacts$/)

    // Closed with Escape, it leaves no step in the history.
    await page.keyboard.press('Control+KeyK')
    await expect(dialog).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    await expect.poll(() => hasLayer(page)).toBe(false)

    // A dialog that opens out of the palette is not closed by the palette's own step back.
    await page.keyboard.press('Control+KeyK')
    await page.locator('.palette input').fill('נועה')
    await page.getByRole('option', { name: /נועה/ }).first().click()
    await expect(page).toHaveURL(new RegExp(`/${id}(\\?|$)`))
    await back()
    await expect(page).toHaveURL(/\/app\/contacts$/)
    await expect(dialog).toHaveCount(0)

    // The dialog of a new contact.
    await page.locator('.page-head .btn.pen').click()
    await expect(dialog).toBeVisible()
    await back()
    await expect(dialog).toHaveCount(0)
    await expect(page).toHaveURL(/\/app\/contacts$/)

    // The form of the waiting list, above the list.
    await page.goto(`${ownDaemon.url}/calendar?waiting=1`)
    await page.locator('.waiting .empty .btn').click()
    await expect(dialog).toBeVisible()
    await back()
    await expect(dialog).toHaveCount(0)
    await expect(page.locator('.waiting')).toBeVisible()
  })
}

test('the list of shortcuts opens from the palette and stays open', async ({ page, daemon }) => {
  await prepare(page, { language: 'he', width: 1440, scheme: 'light' })
  await owner(page, daemon)
  await page.goto(`${daemon.url}/app/tasks`)
  await expect(page.locator('h1')).toBeVisible()
  await page.keyboard.press('Control+KeyK')
  await page.locator('.palette footer button').click()
  const list = page.getByRole('dialog', { name: 'קיצורי מקלדת' })
  await expect(list).toBeVisible()
  await expect.poll(() => hasLayer(page)).toBe(true)
  await page.goBack()
  await expect(list).toHaveCount(0)
  await expect(page).toHaveURL(/\/app\/tasks$/)
})

test('a link in the drawer of a contact leaves no entry of the drawer', long, async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום', NOA, 'נועה ברק')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, NOA)
  await prepare(page, VIEWS[0])
  // The card is a drawer on screens that are narrower than this one.
  await page.setViewportSize({ width: 1000, height: 900 })
  await page.goto(`${ownDaemon.url}/app/inbox`)
  await page.locator(`[data-contact="${id}"]`).click()
  const bubble = page.locator('.trow .msg').first()
  const drawer = page.locator('.side.drawer')
  const leave = async (link: Locator, to: RegExp) => {
    await page.locator('.card-button').click()
    await expect(drawer).toBeVisible()
    await expect.poll(() => hasLayer(page)).toBe(true)
    await link.click()
    await expect(page).toHaveURL(to)
    await expect(drawer).toHaveCount(0)
    await page.goBack()
    await expect(page).toHaveURL(new RegExp(`/app/inbox/${id}$`))
    await expect(bubble).toBeVisible()
    await expect(drawer).toHaveCount(0)
  }
  await leave(drawer.getByRole('link', { name: 'פתיחה' }), new RegExp(`/app/contacts/${id}$`))
  await leave(drawer.getByRole('link', { name: 'קביעת תור' }), /\/calendar\?new=1/)

  // A link in the palette above the drawer; the forward button reaches the linked page as well.
  await page.locator('.card-button').click()
  await expect(drawer).toBeVisible()
  await page.keyboard.press('Control+KeyK')
  await page.getByRole('combobox').fill('משימות')
  await page.getByRole('option', { name: 'משימות' }).first().click()
  await expect(page).toHaveURL(/\/app\/tasks$/)
  await expect(drawer).toHaveCount(0)
  await expect.poll(() => hasLayer(page)).toBe(false)
  await page.goBack()
  await expect(page).toHaveURL(new RegExp(`/app/inbox/${id}$`))
  await expect.poll(() => hasLayer(page)).toBe(false)
  await page.goForward()
  await expect(page).toHaveURL(/\/app\/tasks$/)
  await expect.poll(() => hasLayer(page)).toBe(false)
  await page.goBack()
  await expect(bubble).toBeVisible()

  await page.goBack()
  await expect(page).toHaveURL(/\/app\/inbox$/)
})

test('a page that is reloaded while a dialog is open has no entry of the dialog', async ({ page, daemon }) => {
  await prepare(page, VIEWS[0])
  await owner(page, daemon)
  await page.goto(`${daemon.url}/app/today`)
  await page.locator('.rail a[href="/app/tasks"]').click()
  await expect(page).toHaveURL(/\/app\/tasks$/)
  await page.keyboard.press('Control+KeyK')
  await expect(page.getByRole('dialog')).toBeVisible()
  await expect.poll(() => hasLayer(page)).toBe(true)
  await page.reload()
  await expect.poll(() => hasLayer(page)).toBe(false)
  await page.goBack()
  await expect(page).toHaveURL(/\/app\/today$/)
})

test('a dialog in the address leaves no second entry of its page', long, async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  await ownDaemon.receive('שלום', NOA, 'נועה ברק')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, NOA)
  await prepare(page, VIEWS[0])
  const dialog = page.getByRole('dialog')
  /** Opens a dialog on a page that was opened from the start page, and leaves it; one step back is the start page. */
  const leads = async (path: string, open: Locator, leave: () => Promise<void>) => {
    await page.goto(`${ownDaemon.url}/app/today`)
    await page.locator(`.rail a[href="${path}"]`).click()
    await open.click()
    await expect(dialog).toBeVisible()
    await expect(page).toHaveURL(/new=1/)
    await leave()
    await expect(dialog).toHaveCount(0)
    await expect(page).not.toHaveURL(/new=1/)
    await page.goBack()
  }
  const pressEscape = () => page.keyboard.press('Escape')
  const contact = page.getByRole('button', { name: 'לקוח חדש' })
  await leads('/app/contacts', contact, pressEscape)
  await expect(page).toHaveURL(/\/app\/today$/)
  await leads('/calendar', page.getByRole('button', { name: 'תור חדש' }), pressEscape)
  await expect(page).toHaveURL(/\/app\/today$/)

  // The card of the saved contact, and that of the contact who has the number.
  const fields = dialog.getByRole('textbox')
  await leads('/app/contacts', contact, async () => {
    await fields.nth(0).fill('דנה')
    await fields.nth(1).fill('050-9876543')
    await dialog.getByRole('button', { name: 'הוספה' }).click()
    await expect(page.locator('h1')).toContainText('דנה')
  })
  await expect(page).toHaveURL(/\/app\/contacts$/)
  await leads('/app/contacts', contact, async () => {
    await fields.nth(1).fill('052-761-4408')
    await dialog.getByRole('button', { name: 'הוספה' }).click()
    await dialog.getByRole('link', { name: 'לכרטיס שלו' }).click()
    await expect(page).toHaveURL(new RegExp(`/app/contacts/${id}$`))
  })
  await expect(page).toHaveURL(/\/app\/contacts$/)
})
