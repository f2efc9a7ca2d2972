import { createServer, type Server } from 'node:http'
import { contactOf, owner } from './support/api'
import { Daemon } from './support/daemon'
import { expect, prepare, test, VIEWS } from './support/fixtures'

/** A fake of the bridge's HTTP API: only the part from which the daemon reads the state of the link. */
async function bridge(isConnected: () => boolean): Promise<{ server: Server; url: string }> {
  const server = createServer((_, answer) => {
    const state = isConnected() ? { state: 'connected', connected: true } : { state: 'logged_out', connected: false }
    answer.writeHead(isConnected() ? 200 : 503, { 'Content-Type': 'application/json' }).end(JSON.stringify(state))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/send` }
}

test('the composer learns from an event that WhatsApp is connected again, and asks for it only then', async ({
  page,
}) => {
  test.setTimeout(60_000)
  let isConnected = false
  const { server, url } = await bridge(() => isConnected)
  const daemon = new Daemon({ BAILEYS_OUTBOUND_URL: url })
  try {
    await daemon.start()
    await daemon.receive('שלום', '+972541234567')
    await prepare(page, VIEWS[0])
    const api = await owner(page, daemon)
    const { id } = await contactOf(api, '+972541234567')
    let asked = 0
    page.on('request', request => {
      if (request.url().endsWith('/api/whatsapp/bridge')) asked += 1
    })
    await page.goto(`${daemon.url}/app/inbox/${id}`)
    const line = page.locator('.dock .route')
    await expect(line).toContainText('WhatsApp מנותק')
    const before = asked
    isConnected = true
    await expect(line).toContainText('ללא עלות', { timeout: 20_000 })
    expect(asked - before).toBe(1)
    isConnected = false
    await expect(line).toContainText('WhatsApp מנותק', { timeout: 20_000 })
    expect(asked - before).toBe(2)
  } finally {
    await daemon.remove()
    await new Promise(resolve => server.close(resolve))
  }
})
