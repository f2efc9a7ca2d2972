import { createServer, type Server } from 'node:http'
import { contactOf, owner } from './support/api'
import { Daemon } from './support/daemon'
import { expect, logIn, prepare, test, VIEWS } from './support/fixtures'

/** A fake of the bridge's HTTP API: only the part from which the daemon reads the state of the link and its QR code. */
async function bridge(
  isConnected: () => boolean,
  qr: () => string | undefined = () => undefined,
  refusesSecret = false,
): Promise<{ server: Server; url: string }> {
  const server = createServer(({ url }, answer) => {
    const json = (status: number, body: object) => {
      answer.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    }
    const code = qr()
    if (url === '/status' && refusesSecret) return json(401, {})
    if (url === '/qr') return code ? json(200, { qr: code, svg: drawing(code) }) : json(404, {})
    if (isConnected()) return json(200, { state: 'connected', connected: true })
    json(url === '/status' ? 200 : 503, { state: code ? 'pairing' : 'logged_out', connected: false })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { server, url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/send` }
}

const drawing = (code: string) => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><desc>${code}</desc></svg>`

test('the next QR code is shown after an event, and the page asks for it only then', async ({ page }) => {
  let code = 'first'
  const { server, url } = await bridge(
    () => false,
    () => code,
  )
  const daemon = new Daemon({ BAILEYS_OUTBOUND_URL: url })
  try {
    await daemon.start()
    await prepare(page, VIEWS[0])
    await logIn(page, daemon)
    let asked = 0
    page.on('request', request => {
      if (request.url().endsWith('/api/whatsapp/bridge')) asked += 1
    })
    await page.goto(`${daemon.url}/app/whatsapp`)
    const shows = (text: string) => expect(page.locator('img.qr')).toHaveAttribute('src', new RegExp(text))
    await shows('first')
    const before = asked
    code = 'second'
    await shows('second')
    code = 'third'
    await shows('third')
    expect(asked - before).toBe(2)
  } finally {
    await daemon.remove()
    await new Promise(resolve => server.close(resolve))
  }
})

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

test('a bridge that refuses the secret is an outage for the composer, although it is connected', async ({ page }) => {
  const { server, url } = await bridge(
    () => true,
    () => undefined,
    true,
  )
  const daemon = new Daemon({ BAILEYS_OUTBOUND_URL: url })
  try {
    await daemon.start()
    await daemon.receive('שלום', '+972541234567')
    await prepare(page, VIEWS[0])
    const { id } = await contactOf(await owner(page, daemon), '+972541234567')
    await page.goto(`${daemon.url}/app/inbox/${id}`)
    const line = page.locator('.dock .route')
    await expect(line).toContainText('WhatsApp מנותק. ההודעה תחכה')
    await line.getByRole('link', { name: 'לחיבור' }).click()
    await expect(page.locator('main')).toContainText('לא קיבלה את הסיסמה של המכונה')
  } finally {
    await daemon.remove()
    await new Promise(resolve => server.close(resolve))
  }
})
