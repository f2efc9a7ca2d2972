import { writeFileSync } from 'node:fs'
import type { Page } from '@playwright/test'
import { expect, LAYOUTS, prepare, show, test } from './support/fixtures'
import { fillShop, screensOf, settled } from './support/shop'

/** The screens that are also compared without LONG=1. */
const SHORT = ['today', 'thread', 'calendar']

/** The edges of letters and icons can differ between two drawings of the same page in fewer pixels than this. */
const ANTIALIASING = 100

const TEXTS = { name: 'נועה ברק', text: 'אפשר להקדים את התור ל־10:30?', fileName: 'הצעה.pdf' }

for (const { also, ...view } of process.env.LONG ? Object.values(LAYOUTS) : [LAYOUTS.desktop]) {
  test(`a reload and a switch of language and back change no pixel, ${view.language} ${view.width}`, async ({
    page,
    ownDaemon,
  }) => {
    test.slow()
    await ownDaemon.start()
    await prepare(page, view)
    const screens = Object.entries(screensOf(await fillShop(page, ownDaemon, TEXTS)))
    const changed: string[] = []
    const blank = await page.context().newPage()
    await page.bringToFront()
    const compare = async (name: string, first: Buffer) => {
      const isSame = await expect
        .poll(async () => differing(blank, first, await picture(page)), { timeout: 15_000 })
        .toBeLessThan(ANTIALIASING)
        .then(
          () => true,
          () => false,
        )
      if (isSame) return
      changed.push(name)
      writeFileSync(test.info().outputPath(`${name}-first.png`), first)
      writeFileSync(test.info().outputPath(`${name}-second.png`), await picture(page))
    }
    for (const [name, path] of screens.filter(([name]) => process.env.LONG || SHORT.includes(name))) {
      await page.goto(ownDaemon.url + path)
      // The first visit changes what is shown: a conversation counts as read from then on.
      await stable(page)
      const contact = /inbox\/(\d+)/.exec(path)?.[1]
      if (contact) await isRead(page, `${ownDaemon.url}/api/contacts/${contact}`)
      await page.reload()
      await settled(page)
      // After ten seconds, a message that cannot be sent says so.
      if ((await page.locator('.ticks.queued').count()) > 0) await expect(page.locator('.queue-note')).toBeVisible()
      const first = await stable(page)
      await page.reload()
      await compare(`${name}-reload`, first)
      await show(page, also)
      expect(await differing(blank, first, await picture(page)), `${name} in the other language`).toBeGreaterThan(500)
      await show(page, view)
      await compare(`${name}-language`, first)
    }
    expect(changed).toEqual([])
  })
}

const isRead = (page: Page, contact: string) =>
  expect.poll(async () => (await (await page.request.get(contact)).json()).unread_count).toBe(0)

/** Returns a screenshot that the next one equals, after pictures and late data were drawn. */
async function stable(page: Page): Promise<Buffer> {
  let last = await picture(page)
  await expect(async () => {
    const before = last
    last = await picture(page)
    expect(before.equals(last)).toBe(true)
  }).toPass({ timeout: 10_000 })
  return last
}

/** Returns a screenshot of the page after its data is loaded. */
async function picture(page: Page): Promise<Buffer> {
  await settled(page)
  // Times such as "a minute ago" can change between two pictures. The line of the current time moves, and a mask would
  // move with it.
  await page.locator('.now-line').evaluateAll(lines => {
    for (const line of lines as HTMLElement[]) line.style.visibility = 'hidden'
  })
  return page.screenshot({ animations: 'disabled', caret: 'hide', mask: [page.locator('time')] })
}

/** Returns how many pixels of two screenshots clearly differ. The blank page decodes them. */
function differing(blank: Page, one: Buffer, other: Buffer): Promise<number> {
  return blank.evaluate(
    async texts => {
      const decode = async (text: string) => {
        const bytes = Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
        const image = await createImageBitmap(new Blob([bytes]))
        const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d')
        canvas?.drawImage(image, 0, 0)
        return canvas?.getImageData(0, 0, image.width, image.height).data ?? new Uint8ClampedArray()
      }
      const [one, other] = await Promise.all(texts.map(decode))
      const pixels = new Set<number>()
      one?.forEach((value, at) => {
        if (Math.abs(value - (other?.[at] ?? 0)) > 48) pixels.add(at >> 2)
      })
      return pixels.size
    },
    [one, other].map(image => image.toString('base64')),
  )
}
