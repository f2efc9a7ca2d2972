import { contactOf, owner } from './support/api'
import { expect, layouts, prepare, test } from './support/fixtures'

const NOA = '+972527614408'

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
    await expect.poll(() => page.evaluate(() => history.state?.layer ?? null)).toBeNull()

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
  await expect.poll(() => page.evaluate(() => Boolean(history.state?.layer))).toBe(true)
  await page.goBack()
  await expect(list).toHaveCount(0)
  await expect(page).toHaveURL(/\/app\/tasks$/)
})
