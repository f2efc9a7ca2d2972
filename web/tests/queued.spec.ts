import { owner } from './support/api'
import { expect, inspectAll, long, prepare, show, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'

interface Item {
  message?: { status: string; next_attempt_at: string | null }
}

// The daemon has no bridge, so its messages stay in the queue.
test(
  'a message that waits in the queue says why, and can be cancelled and sent again',
  long,
  async ({ page, ownDaemon }) => {
    test.slow()
    await ownDaemon.start()
    await prepare(page, VIEWS[0])
    const api = await owner(page, ownDaemon)
    const { id } = await api.send<{ id: number }>('POST', '/api/contacts', { display_name: 'נועה', number: NOA })
    await api.send('POST', '/api/whatsapp/send', { to: NOA, text: 'השולחן שמור לשמונה' })
    await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
    const message = page.locator('.trow .msg.us')
    const cancel = message.getByRole('button', { name: 'ביטול השליחה' })
    await expect(message.locator('.ticks')).toContainText('ממתין לשליחה')
    await expect(message).toContainText('עוד לא נשלחה')
    await inspectAll(page, 'queued')
    await show(page, VIEWS[0])
    await cancel.focus()
    await page.keyboard.press('Enter')
    await expect(message.locator('.fail')).toContainText('בוטלה לפני שנשלחה')
    await expect(message.locator('.fail')).not.toContainText('לא נשלח דרך')
    await expect(page.locator('.talk')).toBeFocused()
    await inspectAll(page, 'queued-cancelled')
    await show(page, VIEWS[0])
    await message.getByRole('button', { name: 'לנסות שוב' }).click()
    await expect(message).toHaveCount(2)
    await expect(message.last().locator('.ticks')).toContainText('ממתין לשליחה')
  },
)

test('a message that the daily limit postpones says when it is sent, and a late cancellation why not', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const api = await owner(page, ownDaemon)
  const { id } = await api.send<{ id: number }>('POST', '/api/contacts', { display_name: 'נועה', number: NOA })
  await api.send('POST', '/api/whatsapp/send', { to: NOA, text: 'השולחן שמור לשמונה' })
  const until = new Date(Date.now() + 26 * 3_600_000).toISOString()
  await page.route('**/timeline?*', async route => {
    const answer = await route.fetch()
    const page = (await answer.json()) as { items: Item[] }
    for (const { message } of page.items) if (message) message.next_attempt_at = until
    await route.fulfill({ response: answer, json: page })
  })
  await page.route('**/api/messages/*/cancel', route =>
    route.fulfill({ status: 409, json: { ok: false, error: { code: 'conflict', message: 'sent' } } }),
  )
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  const message = page.locator('.trow .msg.us')
  await expect(message).toContainText(/תישלח ב־\S+.*, \d+:\d\d\. הגעתם למספר ההודעות הראשונות ליום/)
  await inspectAll(page, 'queued-postponed')
  await show(page, VIEWS[0])
  await message.getByRole('button', { name: 'ביטול השליחה' }).click()
  await expect(page.locator('.toast.error')).toContainText('אי אפשר לבטל')
})
