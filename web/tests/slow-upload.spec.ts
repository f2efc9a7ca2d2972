import { contactOf, owner } from './support/api'
import { expect, prepare, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'
/** Approximately WebPageTest's Fast 3G. */
const FAST_3G = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 }
/** Files as large as a photo of 12 megapixels and a voice note of one minute. Their bytes are zeros. */
const FILES = [
  { name: 'תור 2231.jpg', type: 'image/jpeg', bytes: 4_000_000 },
  { name: 'קול.ogg', type: 'audio/ogg', bytes: 240_000 },
]

test('on a slow network files show how far they are, can be cancelled, and hold the message back', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await ownDaemon.receive('בוקר טוב', NOA, 'נועה ברק')
  const { id } = await contactOf(await owner(page, ownDaemon), NOA)
  await prepare(page, VIEWS[1])
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  await expect(page.locator('.trow .msg')).toHaveCount(1)
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', FAST_3G)
  const [photo, voice] = [
    page.locator('.uploads li', { hasText: 'jpg' }),
    page.locator('.uploads li', { hasText: 'ogg' }),
  ]
  // The files are pasted: files from a file picker would pass through the slow network as well.
  await page.locator('.write textarea').evaluate((element, files) => {
    const data = new DataTransfer()
    for (const { name, type, bytes } of files) data.items.add(new File([new Uint8Array(bytes)], name, { type }))
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
  }, FILES)
  await page.locator('.write textarea').fill('הנה')
  const send = page.getByRole('button', { name: 'שליחה', exact: true })
  await expect(send).toBeDisabled()
  // The progress bar and the text show how much is uploaded.
  const part = () => photo.locator('progress').evaluate((bar: HTMLProgressElement) => bar.value)
  await expect.poll(part, { timeout: 15_000 }).toBeGreaterThan(0)
  expect(await part()).toBeLessThan(1)
  await expect(photo).toContainText(/%/)
  const aborted = page.waitForEvent('requestfailed', request => request.url().endsWith('/api/media'))
  await photo.getByRole('button', { name: /^הסרת/ }).click()
  await aborted
  await expect(photo).toHaveCount(0)
  await session.send('Network.emulateNetworkConditions', {
    ...FAST_3G,
    latency: 0,
    uploadThroughput: -1,
    downloadThroughput: -1,
  })
  await expect(voice).toContainText(/\bKB\b/, { timeout: 20_000 })
  await expect(send).toBeEnabled()
  await expect(page.locator('.write textarea')).toHaveValue('הנה')
})
