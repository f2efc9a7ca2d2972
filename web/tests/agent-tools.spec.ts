import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { owner } from './support/api'
import { Daemon } from './support/daemon'
import { expect, inspectAll, long, prepare, show, test, VIEWS } from './support/fixtures'

/** The owner's server: it records the requests, and answers how many parts are in stock. */
class Stock {
  readonly requests: { path: string; key: string | undefined }[] = []
  #server: Server

  constructor() {
    this.#server = createServer((request, response) => {
      this.requests.push({ path: request.url ?? '', key: request.headers.authorization })
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify({ in_stock: 2 }))
    })
  }

  async start(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

test('a tool is created, tried, deleted and restored', long, async ({ page }) => {
  const stock = new Stock()
  const origin = await stock.start()
  // If the address of Twilio's API is plain HTTP, tools may use servers on this machine as well.
  const daemon = new Daemon({ TWILIO_API_BASE_URL: origin })
  try {
    await daemon.start()
    await prepare(page, VIEWS[2])
    const { get } = await owner(page, daemon)
    await page.goto(`${daemon.url}/app/settings/tools`)
    await page.getByRole('button', { name: 'New tool' }).click()
    await page.getByLabel('Name, as the model calls it').fill('check_stock')
    await page.getByLabel('When to use it').fill('When a caller asks whether a part is in stock')
    await page.getByLabel('Address').fill(`${origin}/stock/{part}`)
    await page.getByRole('button', { name: 'Parameter' }).click()
    const parameter = page.getByRole('group', { name: 'New parameter' })
    await parameter.getByLabel('Name of the parameter').fill('part')
    await page.getByLabel('What it is').fill('The name of the part')
    await page.getByRole('button', { name: 'Header, such as Authorization' }).click()
    await page.getByLabel('Name of the header').fill('Authorization')
    await page.getByLabel('Secret value').fill('Bearer secret')
    await page.getByRole('button', { name: 'Save', exact: true }).click()

    const row = page.getByRole('button', { name: /check_stock/ })
    await row.click()
    await expect(page.getByLabel('Secret value')).toHaveValue('')
    // Enter tries the tool; it neither saves it nor closes its form.
    await page.getByLabel('part', { exact: true }).fill('pump 3/4')
    await page.getByLabel('part', { exact: true }).press('Enter')
    await expect(page.locator('.tool-output')).toContainText('"in_stock": 2')
    await expect(page.getByLabel('Secret value')).toBeVisible()
    // `TWILIO_API_BASE_URL` is this server too, so the daemon also polls Twilio's lists of calls, messages and
    // recordings here. Only the tool's requests are compared.
    expect(stock.requests.filter(({ path }) => path.startsWith('/stock'))).toEqual([
      { path: '/stock/pump%203%2F4', key: 'Bearer secret' },
    ])

    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    await expect(row).toHaveCount(0)
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect(row).toBeVisible()
    const { items } = await get<{ items: { headers: unknown[] }[] }>('/api/agent-tools')
    expect(items).toMatchObject([{ name: 'check_stock', headers: [{ name: 'authorization', value_set: true }] }])
  } finally {
    await daemon.remove()
    stock.stop()
  }
})

test('a refused field of a tool is explained in the language of the page', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const { send } = await owner(page, ownDaemon)
  const tool = { name: 'check_stock', description: 'מלאי', url: 'https://93.184.216.34/stock' }
  await send('POST', '/api/agent-tools', tool)
  await page.goto(`${ownDaemon.url}/app/settings/tools`)
  await page.getByRole('button', { name: /check_stock/ }).click()
  const address = page.getByLabel('כתובת', { exact: true })
  await address.fill('https://127.0.0.1/stock')
  await address.press('Enter')
  await expect(address).toHaveAttribute('aria-invalid', 'true')
  await expect(page.locator('.labelled .err')).toHaveText('אחד השדות לא תקין.')
})

test('the tools of the agent', long, async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  const { send } = await owner(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/tools`)
  await expect(page.locator('.empty')).toBeVisible()
  await inspectAll(page, 'settings-tools-empty')
  await show(page, VIEWS[0])
  await send('POST', '/api/agent-tools', {
    name: 'check_stock',
    description: 'כשמתקשר שואל אם חלק נמצא במלאי',
    url: 'https://93.184.216.34/stock/{part}',
    parameters: [
      { name: 'part', type: 'string', description: 'שם החלק' },
      { name: 'express', type: 'boolean', description: 'משלוח מהיר', required: false },
    ],
    headers: [{ name: 'Authorization', value: 'Bearer secret' }],
  })
  await page.getByRole('button', { name: /check_stock/ }).click()
  await expect(page.locator('.tool-try')).toBeVisible()
  await inspectAll(page, 'settings-tools')
})
