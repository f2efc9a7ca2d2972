import type { Page } from '@playwright/test'
import type { Daemon } from './support/daemon'
import { expect, logIn, long, prepare, test, VIEWS } from './support/fixtures'

/** Opens the conversation with נועה, the first of two, and records a voice note from a microphone that hears a tone. */
async function record(page: Page, daemon: Daemon): Promise<void> {
  await daemon.start()
  await daemon.receive('Hello', '+447911123456', 'Tom Becker')
  await daemon.receive('בוקר טוב', '+972527614408', 'נועה ברק')
  await prepare(page, VIEWS[0])
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = async () => {
      const context = new AudioContext()
      const target = context.createMediaStreamDestination()
      const tone = context.createOscillator()
      tone.connect(target)
      tone.start()
      return target.stream
    }
  })
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/inbox`)
  await expect(page.locator('.thread')).toHaveCount(2)
  await page.locator('.thread', { hasText: 'נועה ברק' }).click()
  await page.getByRole('button', { name: 'הקלטת הודעה קולית' }).click()
  await expect(recorder(page)).toContainText('0:01')
}

const recorder = (page: Page) => page.getByRole('group', { name: 'הקלטת הודעה קולית' })
const send = (page: Page) => page.getByRole('button', { name: 'שליחת ההקלטה' })

test('keys of the inbox do not end a recording, and Escape ends only the recording', async ({ page, ownDaemon }) => {
  await record(page, ownDaemon)
  const address = page.url()
  for (const key of ['KeyJ', 'KeyK', 'KeyE']) await page.keyboard.press(key)
  await expect(page).toHaveURL(address)
  await expect(recorder(page)).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(recorder(page)).toHaveCount(0)
  await expect(page).toHaveURL(address)
  await page.keyboard.press('Escape')
  await expect(page).toHaveURL(/\/app\/inbox$/)
})

test('a voice note that is cancelled during its upload is not sent', async ({ page, ownDaemon }) => {
  await record(page, ownDaemon)
  // The upload gets no response.
  await page.route('**/api/media', () => undefined)
  const aborted = page.waitForEvent('requestfailed', request => request.url().endsWith('/api/media'))
  await send(page).click()
  await expect(recorder(page)).toContainText('עולה')
  await page.keyboard.press('Escape')
  await aborted
  await expect(page.locator('.write textarea')).toBeVisible()
  await expect(page.locator('.msg.outgoing')).toHaveCount(0)
})

test('a voice note whose upload fails after the user has left can be sent again', long, async ({ page, ownDaemon }) => {
  await record(page, ownDaemon)
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  await page.route('**/api/media', async route => {
    await released
    await route.abort()
  })
  await send(page).click()
  await page.locator('.thread', { hasText: 'Tom Becker' }).click()
  await expect(page.locator('.write textarea')).toBeVisible()
  release()
  const failed = page.locator('.toast.error')
  await expect(failed).toContainText('נועה ברק')
  await page.unroute('**/api/media')
  const sent = page.waitForRequest('**/api/whatsapp/send')
  await failed.getByRole('button', { name: 'לנסות שוב' }).click()
  expect((await sent).postDataJSON()).toMatchObject({ media_id: expect.any(String) })
})

test('a browser that plays no Ogg gets a voice note as WAV', async ({ page, ownDaemon }) => {
  await page.addInitScript(() => {
    HTMLMediaElement.prototype.canPlayType = () => ''
  })
  await record(page, ownDaemon)
  const decoded = page.waitForResponse(response => response.url().endsWith('?format=wav'))
  await send(page).click()
  const player = page.locator('.msg.outgoing .player.voice')
  await player.getByRole('button', { name: 'ניגון ההודעה הקולית' }).click()
  expect((await decoded).headers()['content-type']).toBe('audio/wav')
  await expect(player).toBeVisible()
  await expect(player).not.toContainText('לא מתנגן בדפדפן הזה')
})

test(
  'a voice note that is left during the recording is kept in the draft, and a reload asks first',
  long,
  async ({ page, ownDaemon }) => {
    await record(page, ownDaemon)
    const asked = page.waitForEvent('dialog')
    void page.evaluate(() => location.reload()).catch(() => undefined)
    const dialog = await asked
    expect(dialog.type()).toBe('beforeunload')
    await dialog.dismiss()
    await expect(recorder(page)).toBeVisible()
    for (const leave of [() => page.locator('.thread', { hasText: 'Tom Becker' }).click(), () => page.goBack()]) {
      await leave()
      await expect(page.locator('.toast', { hasText: 'ההקלטה נשמרה בטיוטה' })).toBeVisible()
      await expect(page.locator('.uploads li')).toHaveCount(0)
      await page.locator('.thread', { hasText: 'נועה ברק' }).click()
      await expect(page.locator('.uploads li')).toHaveText(/voice\.ogg/)
      await expect(page.locator('.uploads progress')).toHaveCount(0)
      const note = page.waitForRequest('**/api/whatsapp/send')
      await page.getByRole('button', { name: 'שליחה', exact: true }).click()
      expect((await note).postDataJSON()).toMatchObject({ media_id: expect.any(String) })
      await page.locator('.toast').getByRole('button', { name: 'סגירה' }).click()
      await page.getByRole('button', { name: 'הקלטת הודעה קולית' }).click()
      await expect(recorder(page)).toContainText('0:01')
    }
    // So is one whose upload has failed.
    await page.route('**/api/media', route => route.abort())
    await send(page).click()
    await expect(recorder(page).locator('.bad')).toBeVisible()
    await page.unroute('**/api/media')
    await page.locator('.thread', { hasText: 'Tom Becker' }).click()
    await expect(page.locator('.toast', { hasText: 'ההקלטה נשמרה בטיוטה' })).toBeVisible()
    await page.locator('.thread', { hasText: 'נועה ברק' }).click()
    await expect(page.locator('.uploads li')).toHaveText(/voice\.ogg/)
    await page.locator('.uploads').getByRole('button', { name: /^הסרת/ }).click()
    await page.getByRole('button', { name: 'הקלטת הודעה קולית' }).click()
    await expect(recorder(page)).toContainText('0:01')
    // A recording that the user deletes is not kept.
    await page.getByRole('button', { name: 'מחיקת ההקלטה' }).click()
    await expect(page.locator('.write textarea')).toBeVisible()
    await expect(page.locator('.uploads li')).toHaveCount(0)
  },
)
