import type { CDPSession, Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, prepare, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'

/** Starts a daemon with one received message, and opens the conversation. Returns the contact's id. */
async function open(page: Page, daemon: Daemon): Promise<number> {
  await daemon.start()
  await daemon.receive('בוקר טוב', NOA, 'נועה ברק')
  const { id } = await contactOf(await owner(page, daemon), NOA)
  await page.goto(`${daemon.url}/app/inbox/${id}`)
  await expect(page.locator('.trow .msg')).toHaveCount(1)
  return id
}

/** Types as an input method does: the text is not final until it is committed. */
async function compose(session: CDPSession, text: string): Promise<void> {
  for (let end = 1; end <= text.length; end++) {
    const part = text.slice(0, end)
    await session.send('Input.imeSetComposition', { text: part, selectionStart: end, selectionEnd: end })
  }
}

/** Sends Enter as the browser reports it while an input method is composing. */
const enterWhileComposing = (session: CDPSession) =>
  session.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown',
    key: 'Process',
    code: 'Enter',
    windowsVirtualKeyCode: 229,
  })

test('Enter that ends a composition sends nothing and saves nothing', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const id = await open(page, ownDaemon)
  const session = await page.context().newCDPSession(page)
  const field = page.locator('.write textarea')
  await field.click()
  await compose(session, 'שלום')
  await enterWhileComposing(session)
  await expect(field).toHaveValue('שלום')
  await session.send('Input.insertText', { text: 'שלום' })
  await expect(field).toHaveValue('שלום')
  await expect(page.locator('.msg.outgoing')).toHaveCount(0)
  await field.press('Enter')
  await expect(page.locator('.msg.outgoing')).toHaveCount(1)
  await expect(page.locator('.msg.outgoing')).toContainText('שלום')

  // Two other fields that handle Enter, with the event that browsers send.
  const composing = { key: 'Enter', code: 'Enter', isComposing: true, bubbles: true, cancelable: true }
  const saved: string[] = []
  page.on('request', request => {
    if (request.method() === 'PATCH') saved.push(request.postData() ?? '')
  })
  await page.goto(`${ownDaemon.url}/app/settings/business`)
  const name = page.locator('.set input').first()
  await name.fill('סטודיו')
  await name.dispatchEvent('keydown', composing)
  await name.fill('סטודיו נועה')
  await name.press('Enter')
  await expect.poll(() => saved.length).toBeGreaterThan(0)
  expect(saved).toHaveLength(1)
  expect(saved[0]).toContain('סטודיו נועה')
  await page.goto(`${ownDaemon.url}/app/contacts/${id}`)
  await expect(page.locator('main h1')).toBeVisible()
  await page.keyboard.press('Control+KeyK')
  const search = page.getByRole('dialog').getByRole('combobox')
  await search.fill('משימות')
  await expect(page.getByRole('dialog').getByRole('option').first()).toBeVisible()
  await search.dispatchEvent('keydown', composing)
  await expect(search).toBeVisible()
  await search.press('Enter')
  await expect(search).toHaveCount(0)
})

test('on a touch screen Enter makes a line, and a correction by the keyboard is kept', async ({
  browser,
  ownDaemon,
}) => {
  const context = await browser.newContext({ hasTouch: true, isMobile: true })
  const page = await context.newPage()
  await prepare(page, VIEWS[1])
  await open(page, ownDaemon)
  const field = page.locator('.write textarea')
  await expect(field).not.toBeFocused()
  await field.tap()
  await field.pressSequentially('בוקר אוור')
  await field.press('Enter')
  await field.pressSequentially('להתראות')
  await expect(field).toHaveValue('בוקר אוור\nלהתראות')
  await expect(page.locator('.msg.outgoing')).toHaveCount(0)
  // The on-screen keyboard replaces a word by its correction.
  await field.evaluate((element: HTMLTextAreaElement) => {
    element.setSelectionRange(5, 9)
    document.execCommand('insertText', false, 'אור')
  })
  await expect(field).toHaveValue('בוקר אור\nלהתראות')
  expect(await field.evaluate(element => Number.parseFloat(getComputedStyle(element).fontSize))).toBeGreaterThanOrEqual(
    16,
  )
  await page.getByRole('button', { name: 'שליחה', exact: true }).tap()
  await expect(page.locator('.msg.outgoing')).toContainText('בוקר אור')
  // On a phone, the field for a number opens the keypad.
  await page.goto(`${ownDaemon.url}/app/contacts?new=1`)
  await expect(page.getByRole('textbox', { name: 'טלפון' })).toHaveAttribute('inputmode', 'tel')
  await context.close()
})

test('Hebrew, English and digits in one message: caret, Home, End, selection, and a pasted mark', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  await open(page, ownDaemon)
  const field = page.locator('.write textarea')
  const at = () => field.evaluate((element: HTMLTextAreaElement) => [element.selectionStart, element.selectionEnd])
  const directionOf = () => field.evaluate(element => getComputedStyle(element).direction)
  await expect.poll(directionOf).toBe('rtl')
  await field.click()
  const text = 'שלום Noa בשעה 10:30'
  await page.keyboard.type(text)
  expect(await at()).toEqual([text.length, text.length])
  await page.keyboard.press('Home')
  expect(await at()).toEqual([0, 0])
  await page.keyboard.press('Shift+End')
  expect(await at()).toEqual([0, text.length])
  await page.keyboard.press('End')
  await page.keyboard.type('!')
  await expect(field).toHaveValue(`${text}!`)
  expect(await directionOf()).toBe('rtl')
  // The field becomes left-to-right if the message starts with English.
  await field.fill('Hello נועה')
  expect(await directionOf()).toBe('ltr')
  await field.fill('')
  expect(await directionOf()).toBe('rtl')
  await field.evaluate(element => {
    const data = new DataTransfer()
    data.setData('text/plain', 'קובץ \u202Egpj.exe')
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
  })
  await field.fill('קובץ \u202Egpj.exe')
  await field.press('Enter')
  const bubble = page.locator('.trow .msg.us', { hasText: 'gpj.exe' })
  await expect(bubble).toHaveCount(1)
  expect(await bubble.textContent()).not.toContain('\u202E')
})
