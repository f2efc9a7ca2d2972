import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import { expect, prepare, shot, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'

/**
 * Returns the first reason why the header, the last message or the field is not visible; empty if all are visible.
 */
const missing = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const box = (selector: string) => [...document.querySelectorAll(selector)].at(-1)?.getBoundingClientRect()
    const [head, name, last, dock, field] = [
      box('.conv .head'),
      box('.conv .head h2'),
      box('.trow .msg .bub'),
      box('.dock'),
      box('.write textarea'),
    ]
    if (!head || !name || !last || !dock || !field) return 'a part is missing'
    if (head.top < -1 || name.bottom > innerHeight) return 'the header is off the screen'
    if (last.bottom > dock.top + 1) return 'the field covers the last message'
    if (last.bottom < head.bottom + 16) return 'the header covers the last message'
    return field.bottom > innerHeight + 1 || dock.bottom > innerHeight + 1 ? 'the field is below the screen' : ''
  })

test('with the keyboard open header, last message and field stay on the screen, and a pull reloads nothing', async ({
  browser,
  ownDaemon,
}) => {
  const context = await browser.newContext({ hasTouch: true, isMobile: true })
  const page = await context.newPage()
  await ownDaemon.start()
  for (let at = 0; at < 12; at++) await ownDaemon.receive(`הודעה מספר ${at}`, NOA, 'נועה ברק')
  const { id } = await contactOf(await owner(page, ownDaemon), NOA)
  await prepare(page, VIEWS[1])
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  // The viewport meta tag makes the keyboard resize the page.
  await expect(page.locator('meta[name=viewport]')).toHaveAttribute('content', /interactive-widget=resizes-content/)
  await expect(page.locator('.trow .msg').last()).toBeInViewport()
  await expect.poll(() => missing(page), 'closed').toBe('')
  const field = page.locator('.write textarea')
  await field.tap()
  await field.fill('חצי משפט')
  await page.setViewportSize({ width: 390, height: 430 })
  await expect.poll(() => missing(page), 'keyboard').toBe('')
  await expect(field).toHaveValue('חצי משפט')
  await expect(field).toBeFocused()
  await shot(page, 'keyboard-open')

  // In landscape orientation the keyboard leaves only a strip of the screen: the field, and a line of the last message.
  await page.setViewportSize({ width: 844, height: 180 })
  const strip = () =>
    page.evaluate(() => {
      const [field, dock, last] = ['.write textarea', '.dock', '.trow:last-child .msg .bub'].map(selector =>
        [...document.querySelectorAll(selector)].at(-1)?.getBoundingClientRect(),
      )
      if (!field || !dock || !last) return 'a part is missing'
      if (field.bottom > innerHeight + 1) return 'the field is below the screen'
      return dock.top < 60 || last.bottom > dock.top + 1 || last.bottom < 30 ? 'the last message is not seen' : ''
    })
  await expect.poll(strip, 'turned').toBe('')
  await expect(field).toHaveValue('חצי משפט')
  await shot(page, 'keyboard-turned')

  // A pull beyond the first message must neither reload nor move the page.
  const behaviors = await page.evaluate(() =>
    ['html', '.talk.scroll'].map(part => {
      const element = document.querySelector(part)
      return element && getComputedStyle(element).overscrollBehaviorY
    }),
  )
  expect(behaviors).toEqual(['none', 'contain'])
  await context.close()
})
