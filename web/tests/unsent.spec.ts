import type { Page } from '@playwright/test'
import type { Daemon } from './support/daemon'
import { expect, inspectAll, logIn, long, prepare, show, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'

async function open(page: Page, daemon: Daemon): Promise<void> {
  await daemon.start()
  await daemon.receive('בוקר טוב', NOA, 'נועה ברק')
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/inbox`)
  await page.locator('.thread').click()
}

const fieldOf = (page: Page) => page.locator('.write textarea')
const sendButton = (page: Page) => page.getByRole('button', { name: 'שליחה', exact: true })

test(
  'the text of a refused message is not lost when the contact accepts no messages any more',
  long,
  async ({ page, ownDaemon }) => {
    await open(page, ownDaemon)
    const field = fieldOf(page)
    await field.fill('המחיר 280')
    await field.press('Enter')
    await ownDaemon.receive('הסר', NOA)
    const refused = page.locator('.msg.outgoing .fail')
    await expect(refused).toContainText('הלקוח ביקש לא לקבל הודעות')
    await expect(refused.getByRole('button', { name: 'לנסות שוב' })).toHaveCount(0)
    await refused.getByRole('button', { name: 'עריכת ההודעה' }).click()
    const kept = page.locator('.unsent')
    await expect(kept).toContainText('המחיר 280')
    await inspectAll(page, 'unsent')
    await show(page, VIEWS[0])
    await page.reload()
    await expect(kept).toContainText('המחיר 280')
    await page.context().grantPermissions(['clipboard-write'])
    await kept.getByRole('button', { name: 'העתקה' }).click()
    await expect(page.getByText('הטקסט הועתק')).toBeVisible()
    await ownDaemon.receive('התחל', NOA)
    await expect(field).toHaveValue('המחיר 280')
  },
)

test(
  'Escape closes the list of replies and keeps the text, and a name without a reply needs a second Enter',
  long,
  async ({ page, ownDaemon }) => {
    await open(page, ownDaemon)
    const field = fieldOf(page)
    const list = page.locator('.replies')
    await field.fill('/טקסט ארוך חשוב')
    await expect(list).toBeVisible()
    await field.press('Escape')
    await expect(list).toHaveCount(0)
    await expect(field).toHaveValue('/טקסט ארוך חשוב')
    await field.fill('/')
    await expect(list).toBeVisible()
    await field.press('Escape')
    await expect(field).toHaveValue('')

    await field.fill('/לאקיים')
    await expect(list).toContainText('אין תשובה שמורה כזאת')
    await field.press('Enter')
    await expect(list.getByRole('alert')).toContainText('עוד Enter ישלח')
    await expect(page.locator('.msg.outgoing')).toHaveCount(0)
    await inspectAll(page, 'replies-unknown')
    await show(page, VIEWS[0])
    await field.press('Enter')
    await expect(page.locator('.msg.us')).toContainText('/לאקיים')
  },
)

test('a message that the contact deletes is not quoted any more', long, async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  const bridge = (body: object) =>
    page.request.post(`${ownDaemon.url}/webhook/whatsapp/baileys`, {
      headers: { 'X-BAILEYS-SECRET': 'a-secret-for-the-tests-of-the-page' },
      data: { from: NOA.slice(1), ...body },
    })
  await bridge({ text: 'סוד שיימחק', id: 'S1' })
  const theirs = page.locator('.msg:not(.us)', { hasText: 'סוד שיימחק' })
  const answer = async () => {
    await theirs.hover()
    await theirs.getByRole('button', { name: 'תשובה להודעה הזאת' }).click()
  }
  await answer()
  await fieldOf(page).fill('ראשונה')
  await sendButton(page).click()
  const quote = page.locator('.msg.us:not(.outgoing) .quote')
  await expect(quote).toContainText('סוד שיימחק')
  await answer()
  await expect(page.locator('.reply-strip')).toContainText('סוד שיימחק')
  await bridge({ event: 'deletion', id: 'D1', target: 'S1' })
  await expect(page.locator('.reply-strip')).toHaveCount(0)
  await expect(quote).toHaveText('ההודעה נמחקה')
  await expect(page.locator('.conv')).not.toContainText('סוד שיימחק')
})

test('an uploaded file stays in the draft over a reload, and is sent', long, async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  await page.locator('.write input[type=file]').setInputFiles({
    name: 'מחירון.pdf',
    mimeType: 'application/pdf',
    buffer: Buffer.from('%PDF-1.7'),
  })
  const chip = page.locator('.uploads li')
  await expect(chip).toContainText('מחירון')
  await expect(sendButton(page)).toBeEnabled()
  await page.reload()
  await expect(chip).toContainText('מחירון')
  await sendButton(page).click()
  await expect(page.locator('.msg.us:not(.outgoing) .file')).toContainText('PDF')
  await page.reload()
  await expect(fieldOf(page)).toBeVisible()
  await expect(chip).toHaveCount(0)
})

test('many files leave the field on the screen, and are removed at once', async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  const files = Array.from({ length: 14 }, (_, at) => ({
    name: `price list ${at}.pdf`,
    mimeType: 'application/pdf',
    buffer: Buffer.from(`%PDF-1.7 ${at}`),
  }))
  const chips = page.locator('.uploads li')
  for (const [view, height] of [
    [VIEWS[0], 900],
    [VIEWS[1], 844],
    // With an open keyboard.
    [VIEWS[1], 420],
  ] as const) {
    await show(page, view)
    await page.setViewportSize({ width: view.width, height })
    await page.locator('.write input[type=file]').setInputFiles(files)
    await expect(chips).toHaveCount(14)
    await expect(sendButton(page)).toBeEnabled()
    await expect(fieldOf(page)).toBeInViewport({ ratio: 1 })
    await expect(sendButton(page)).toBeInViewport({ ratio: 1 })
    await expect(page.locator('.uploads-head')).toContainText('14 קבצים')
    // A Latin name in a Hebrew page begins at the side of the size below it.
    const ends = await chips
      .first()
      .locator('.grow')
      .evaluate(cell => {
        const name = cell.querySelector('.file-name')?.getBoundingClientRect()
        return cell.getBoundingClientRect().right - (name?.right ?? 0)
      })
    expect(ends).toBeLessThan(1)
    await page.getByRole('button', { name: 'הסרת כולם' }).click()
    await expect(chips).toHaveCount(0)
  }
})

test('an empty file is refused before it is uploaded', async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  let uploads = 0
  page.on('request', request => {
    if (request.url().endsWith('/api/media')) uploads += 1
  })
  await page.locator('.write input[type=file]').setInputFiles({
    name: 'ריק.txt',
    mimeType: 'text/plain',
    buffer: Buffer.alloc(0),
  })
  const chip = page.locator('.uploads li')
  await expect(chip).toContainText('הקובץ ריק')
  await expect(chip.getByRole('button', { name: 'לנסות שוב' })).toHaveCount(0)
  await expect(sendButton(page)).toBeDisabled()
  expect(uploads).toBe(0)
})

test(
  'a file or a text over the limit is refused before it is sent, with the limit',
  long,
  async ({ page, ownDaemon }) => {
    await open(page, ownDaemon)
    await expect(page.locator('.route .pick')).toBeVisible()
    let uploads = 0
    page.on('request', request => {
      if (request.url().endsWith('/api/media')) uploads += 1
    })
    await page.locator('.write input[type=file]').setInputFiles({
      name: 'film.mp4',
      mimeType: 'video/mp4',
      buffer: Buffer.alloc(17 * 2 ** 20),
    })
    const chip = page.locator('.uploads li')
    await expect(chip).toContainText(/17 MB.*16 MB/)
    await expect(chip.getByRole('button', { name: 'לנסות שוב' })).toHaveCount(0)
    await expect(sendButton(page)).toBeDisabled()
    await chip.getByRole('button', { name: /הסרת/ }).click()
    expect(uploads).toBe(0)

    const field = fieldOf(page)
    await field.fill('א'.repeat(4_200))
    await expect(page.locator('.dock').getByRole('alert')).toHaveText(/4,200 תווים.*4,096/)
    await expect(sendButton(page)).toBeDisabled()
    await inspectAll(page, 'over-the-limit')
    await show(page, VIEWS[0])
    await field.press('Enter')
    await expect(page.locator('.msg.outgoing')).toHaveCount(0)
    await field.fill('א'.repeat(4_096))
    await expect(sendButton(page)).toBeEnabled()
  },
)
