import { join } from 'node:path'
import { Daemon } from './support/daemon'
import { expect, logIn, prepare, test, VIEWS } from './support/fixtures'
import { RealBridge } from './support/real-bridge'

const DANA = '972501234567'

test('an account is linked by its code, and a conversation goes both ways through the bridge', async ({ page }) => {
  const bridge = await RealBridge.reserve()
  const daemon = new Daemon({ BAILEYS_OUTBOUND_URL: bridge.url })
  try {
    await daemon.start()
    await bridge.start(daemon.url, join(daemon.folder, 'session'))
    await prepare(page, VIEWS[0])
    await logIn(page, daemon)
    const shown = page.waitForResponse(async answer => {
      if (!answer.url().endsWith('/api/whatsapp/bridge')) return false
      return Boolean((await answer.json()).pairing?.qr)
    })
    await page.goto(`${daemon.url}/app/whatsapp`)
    await expect(page.locator('.qr')).toBeVisible()
    const { pairing } = await (await shown).json()
    await bridge.phone('/scan', { qr: pairing.qr })
    await expect(page.locator('.link-state.ok')).toBeVisible()
    await expect(page.locator('.qr')).toHaveCount(0)

    await page.goto(`${daemon.url}/app/inbox`)
    await bridge.phone('/inbound', { from: DANA, name: 'דנה', text: 'אפשר תור למחר?' })
    const row = page.locator('.thread', { hasText: 'דנה' })
    await expect(row).toContainText('אפשר תור למחר?')
    await row.click()
    const field = page.locator('.write textarea')
    await field.fill('כן, בעשר')
    await field.press('Enter')
    const sent = page.locator('.trow .msg', { hasText: 'כן, בעשר' })
    await expect(sent.locator('.ticks')).toContainText('הגיע')
    expect((await bridge.delivered()).filter(text => text === 'כן, בעשר')).toHaveLength(1)

    // The bridge connects again by itself, and what was written meanwhile arrives.
    await bridge.phone('/drop', { kind: 'reset' })
    await bridge.phone('/inbound', { from: DANA, name: 'דנה', text: 'תודה רבה' })
    await expect(page.locator('.trow .msg', { hasText: 'תודה רבה' })).toHaveCount(1)
  } finally {
    await daemon.remove()
    await bridge.stop()
  }
})
