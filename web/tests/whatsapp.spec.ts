import { expect, inspect, layouts, logIn, prepare, test } from './support/fixtures'

const status = (more: object) => ({
  enabled: true,
  reachable: true,
  connected: false,
  state: 'unpaired',
  reason: null,
  account: null,
  since: null,
  not_receiving_since: null,
  restriction: null,
  version: '1',
  last_code: null,
  pairing: null,
  pairing_code: null,
  pairing_code_expires_at: null,
  waiting: { inbox: 0, media: 2, refused: 0 },
  ...more,
})

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><path d="M0 0h1v1H0zM1 1h1v1H1z"/></svg>'

for (const view of layouts('desktop')) {
  test(`the link to WhatsApp, ${view.language} ${view.width}`, async ({ page, daemon }) => {
    await prepare(page, view)
    await logIn(page, daemon)
    let answer = status({})
    const asked: string[] = []
    await page.route('**/api/whatsapp/bridge', route => route.fulfill({ json: answer }))
    await page.route('**/api/whatsapp/bridge/*', route => {
      asked.push(route.request().url().split('/').pop() ?? '')
      if (asked.at(-1) === 'pair')
        answer = status({ state: 'pairing', pairing: { qr: 'x', svg: SVG, expires_at: null } })
      else if (asked.at(-1) === 'pairing-code') {
        answer = status({
          state: 'pairing',
          pairing_code: 'ABCD1234',
          pairing_code_expires_at: new Date(Date.now() + 90_000).toISOString(),
        })
      } else answer = status({})
      return route.fulfill({ json: { ok: true, code: 'ABCD1234', state: 'pairing' } })
    })
    await page.goto(`${daemon.url}/app/whatsapp`)
    await page.locator('main .btn.pen').click()
    await expect(page.locator('.qr')).toBeVisible()
    await inspect(page, 'whatsapp-qr', view)
    await page.locator('input[type=tel]').fill('0541234567')
    await page.keyboard.press('Enter')
    await expect(page.locator('.pairing-code')).toHaveText('ABCD-1234')
    await expect(page.locator('.pairing-code')).toHaveCSS('direction', 'ltr')
    await inspect(page, 'whatsapp-code', view)
    answer = status({ state: 'connected', connected: true, account: { phone: '972541234567', name: 'Studio' } })
    await page.reload()
    await expect(page.locator('.link-state.ok')).toBeVisible()
    await expect(page.locator('main')).toContainText('Studio')
    await expect(page.locator('main')).toContainText('054-123-4567')
    await inspect(page, 'whatsapp-connected', view)
    await page.locator('.section .btn').click()
    await page.locator('.btn.stop').click()
    await expect(page.locator('.link-state.bad')).toBeVisible()
    expect(asked).toEqual(['pair', 'pairing-code', 'logout'])
  })
}
