import { contactOf, owner } from './support/api'
import { Daemon, SETTINGS } from './support/daemon'
import { expect, inspect, prepare, test, VIEWS } from './support/fixtures'
import { FakeTwilio, RefusingBridge } from './support/providers'

const NOA = '+972527614408'
const TEXT = 'השולחן שמור לשמונה'
const OTHER_TEXT = 'התפריט החדש מוכן'

interface Sent {
  content_text: string
  status: string
  provider: string
}

test('a message that a provider refused says which and why, and goes out by the other one once', async ({ page }) => {
  test.slow()
  const bridge = await new RefusingBridge().start()
  const twilio = await FakeTwilio.reserve()
  const daemon = new Daemon({
    BAILEYS_OUTBOUND_URL: `${bridge.url}/send`,
    TWILIO_API_BASE_URL: `http://${twilio.address}`,
    TWILIO_WA_FROM: '+97235551234',
  })
  try {
    await daemon.start()
    await twilio.start(daemon.url, SETTINGS)
    await daemon.cli(['simulate', 'whatsapp', '--via', 'twilio', '--url', daemon.url, '--from', NOA])
    await prepare(page, VIEWS[1])
    const api = await owner(page, daemon)
    const { id } = await contactOf(api, NOA)
    await api.send('POST', '/api/whatsapp/send', { to: NOA, text: TEXT, provider: 'baileys' })
    await page.goto(`${daemon.url}/app/inbox/${id}`)
    const failed = page.locator('.trow .msg', { has: page.locator('.fail') })
    await expect(failed.locator('.fail')).toContainText('לא נשלח דרך הטלפון של העסק: המספר לא ב־WhatsApp')
    await inspect(page, 'provider-fails', VIEWS[1])
    // The contact wrote through Twilio, which charges for the answer.
    await expect(page.locator('.dock .route')).toContainText(/כ־.*0\.01/)

    // The button is pressed twice, and once more after a reload without this browser's stored state.
    const again = failed.getByRole('button', { name: 'שליחה דרך Twilio' })
    await again.dblclick()
    await expect(again).toHaveCount(0)
    const messages = page.locator('.trow .msg.us', { hasText: TEXT })
    await expect(messages).toHaveCount(2)
    await expect(messages.locator('.ticks').last()).toContainText(/נשלח|הגיע|נקרא/, { timeout: 12_000 })
    await page.evaluate(() => localStorage.removeItem('agentlocator.again'))
    await page.reload()
    await again.click()
    await expect(page.locator('.msg.outgoing')).toHaveCount(1)
    await expect(page.locator('.msg.outgoing')).toHaveCount(0, { timeout: 12_000 })
    await expect(messages).toHaveCount(2)
    const { items } = await api.get<{ items: { message?: Sent }[] }>(`/api/contacts/${id}/timeline?limit=50`)
    const sent = items.flatMap(({ message }) => (message?.content_text === TEXT ? message.provider : []))
    expect(sent.sort()).toEqual(['baileys', 'twilio'])

    // Another user, whose message was routed to another provider, has already sent the message again.
    const body = { to: NOA, text: OTHER_TEXT }
    const first = await api.send<{ message_id: number }>('POST', '/api/whatsapp/send', { ...body, provider: 'baileys' })
    const others = page.locator('.trow .msg.us', { hasText: OTHER_TEXT })
    const refused = others.first().locator('.fail')
    await expect(refused).toContainText('המספר לא ב־WhatsApp')
    const key = { 'Idempotency-Key': `again-${first.message_id}` }
    await api.send('POST', '/api/whatsapp/send', { ...body, provider: 'auto' }, key)
    await expect(others).toHaveCount(2)
    await refused.getByRole('button', { name: 'שליחה דרך Twilio' }).click()
    await expect(refused).toContainText('ההודעה כבר נשלחה שוב', { timeout: 12_000 })
    await expect(refused.getByRole('button')).toHaveCount(0)
    await expect(page.locator('.msg.outgoing')).toHaveCount(0)
    await expect(others).toHaveCount(2)
    await inspect(page, 'provider-fails-sent-again', VIEWS[1])
  } finally {
    await daemon.remove()
    await twilio.stop()
    await bridge.stop()
  }
})
