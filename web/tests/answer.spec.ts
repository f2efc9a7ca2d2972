import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Page } from '@playwright/test'
import { owner } from './support/api'
import { Daemon } from './support/daemon'
import { expect, inspect, LAYOUTS, type Layout, layouts, long, prepare, test, VIEWS, watch } from './support/fixtures'
import { tabTo } from './support/keyboard'
import { FakeAi } from './trial/fake-ai'
import { wav } from './trial/sound'

interface Setup {
  /** The turn of the fake AI. */
  turn?: string
  /** The options of the call. */
  call?: string[]
  /** The number to which calls are transferred. */
  phone?: string
}

/** Opens the page of a live call in a browser whose microphone speaks all the time. */
async function opened(
  view: Layout,
  run: (page: Page, daemon: Daemon) => Promise<void>,
  { turn = HOURS, call: options = ['--script', 'say 1.5s; wait 4s; say 60s; stay'], phone }: Setup = {},
): Promise<void> {
  const ai = await FakeAi.start([turn])
  const daemon = new Daemon({ OPENAI_BASE_URL: ai.url, OPENAI_API_KEY: 'any' })
  try {
    await daemon.start()
    const file = join(daemon.folder, 'microphone.wav')
    // The browser repeats the file.
    writeFileSync(file, wav([{ voice: 10 }]))
    const { executablePath, args = [] } = test.info().project.use.launchOptions ?? {}
    const fake = ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${file}`]
    const browser = await chromium.launch({
      executablePath,
      args: [...args, ...fake, '--use-fake-ui-for-media-stream'],
    })
    try {
      const page = await (await browser.newContext()).newPage()
      const errors = watch(page)
      await prepare(page, view)
      const { send } = await owner(page, daemon)
      if (phone) await send('PATCH', '/api/settings', { changes: { 'agent.transfer_to': phone } })
      await page.goto(`${daemon.url}/app/contacts`)
      // The page has an event stream once it shows a change, so that calls can ring in it.
      await expect(page.getByRole('main')).toBeVisible()
      await send('POST', '/api/contacts', { display_name: 'Gali', number: '+972501112233' })
      await expect(page.getByText('Gali')).toBeVisible()
      const call = daemon.call(['--from', '+972549023316', ...options]).catch(() => undefined)
      if (turn === HOURS) await page.locator('.strip.call').getByRole('link').click()
      await run(page, daemon)
      await call
      expect(errors).toEqual([])
    } finally {
      await browser.close()
    }
  } finally {
    await daemon.remove()
    await ai.stop()
  }
}

const HOURS = 'שלום, אתם פתוחים היום?|שלום! כן, אנחנו פתוחים היום עד שבע בערב.'
/** The caller asks for a person, which rings in the page. The answer follows if no user takes the call. */
const ASKS = 'אפשר לדבר עם בן אדם?|אין מענה, אפשר לקחת הודעה?|transfer_to_person {"reason": "רוצה להזיז תור"}'

const ASKED: Setup = { turn: ASKS, call: ['--script', 'say 1.5s; stay'] }

const words = {
  he: {
    answer: 'לענות כאן',
    heard: 'הלקוח שומע אתכם. דברו.',
    mute: 'השתקה',
    muted: 'המיקרופון מושתק. הלקוח לא שומע אתכם.',
    back: 'להחזיר לסוכן',
    agent: 'הסוכן מדבר בשמכם',
    talking: 'על הקו עם הלקוח',
    hangUp: 'סיום השיחה',
    insecure: 'הדפדפן לא נותן מיקרופון',
    asks: 'רוצה לדבר עם אדם',
    notNow: 'לא עכשיו',
    byPhone: 'להעביר לטלפון',
  },
  en: {
    answer: 'Answer here',
    heard: 'The customer can hear you. Speak.',
    mute: 'Mute',
    muted: 'The microphone is muted. The customer cannot hear you.',
    back: 'Give back to the agent',
    agent: 'The agent speaks for you',
    talking: 'is talking with the customer',
    hangUp: 'End the call',
    insecure: 'The browser gives no microphone',
    asks: 'wants to talk with a person',
    notNow: 'Not now',
    byPhone: 'Send to the phone',
  },
} as const

for (const view of layouts('phone')) {
  const say = words[view.language]

  test(`an employee answers a live call, ${view.language} ${view.width}`, async () => {
    test.setTimeout(120_000)
    await opened(view, async page => {
      const button = page.getByRole('button', { name: say.answer })
      await expect(button).toBeVisible({ timeout: 20_000 })
      // Without https there is no microphone, and the page says so.
      await page.evaluate(() => Object.defineProperty(window, 'isSecureContext', { value: false, configurable: true }))
      await button.click()
      await expect(page.getByText(say.insecure)).toBeVisible()
      await page.evaluate(() => Object.defineProperty(window, 'isSecureContext', { value: true, configurable: true }))
      await button.click()
      await expect(page.getByText(say.heard)).toBeVisible({ timeout: 20_000 })
      await expect(page.locator('.who-talks')).toContainText(say.talking)
      await expect(button).toHaveCount(0)
      await inspect(page, 'answer-talking', view)
      await page.getByRole('button', { name: say.mute }).click()
      await expect(page.getByText(say.muted)).toBeVisible()
      // The conversation continues while the user opens another page.
      await page.goBack()
      await expect(page.locator('.strip.call')).toBeVisible()
      await page.goForward()
      await expect(page.getByText(say.muted)).toBeVisible()
      await page.getByRole('button', { name: say.back }).click()
      await expect(page.locator('.who-talks')).toContainText(say.agent)
      await expect(page.getByRole('log')).toContainText(say.talking)

      await button.click()
      await expect(page.getByText(say.heard)).toBeVisible({ timeout: 20_000 })
      await page.getByRole('button', { name: say.hangUp }).click()
      await page.getByRole('dialog').getByRole('button', { name: say.hangUp }).click()
      await expect(page.locator('.live-call')).toHaveCount(0, { timeout: 20_000 })
    })
  })
}

test('the caller hears the employee, and the employee the caller', long, async () => {
  test.setTimeout(120_000)
  await opened(VIEWS[0], async (page, daemon) => {
    await page.evaluate(() => {
      const seen = { sent: 0, received: 0 }
      Object.assign(window, { seen })
      const loud = (data: unknown) => {
        const message = JSON.parse(String(data))
        return message.event === 'media' && !/^(\/)+=*$/.test(message.media.payload)
      }
      const send = WebSocket.prototype.send
      WebSocket.prototype.send = function (data) {
        if (loud(data)) seen.sent++
        send.call(this, data)
        this.addEventListener('message', received, { once: true })
      }
      const received = ({ data }: MessageEvent) => {
        if (loud(data)) seen.received++
      }
    })
    // With the keyboard alone.
    await tabTo(page, page.getByRole('button', { name: words.he.answer }))
    await page.keyboard.press('Enter')
    await expect(page.getByText(words.he.heard)).toBeVisible({ timeout: 20_000 })
    await expect(page.locator('main :focus')).toBeVisible()
    const seen = () => page.evaluate(() => (window as unknown as { seen: { sent: number; received: number } }).seen)
    await expect.poll(async () => (await seen()).received, { timeout: 20_000 }).toBeGreaterThan(50)
    expect((await seen()).sent).toBeGreaterThan(50)
    await tabTo(page, page.getByRole('button', { name: words.he.hangUp }))
    await page.keyboard.press('Enter')
    await tabTo(page, page.getByRole('dialog').getByRole('button', { name: words.he.hangUp }))
    await page.keyboard.press('Enter')
    await daemon.event('CALL_STREAM_ENDED')
  })
})

test('the page says within seconds that its network has failed, and the employee can answer again', long, async () => {
  test.setTimeout(120_000)
  await opened(VIEWS[0], async page => {
    let isDown = false
    await page.routeWebSocket(/./, socket => {
      const server = socket.connectToServer()
      socket.onMessage(message => isDown || server.send(message))
      server.onMessage(message => isDown || socket.send(message))
      // A failed network does not report the end of the connection either.
      server.onClose((code, reason) => isDown || void socket.close({ code, reason }))
      socket.onClose((code, reason) => isDown || void server.close({ code, reason }))
    })
    await page.reload()
    const button = page.getByRole('button', { name: words.he.answer })
    await button.click()
    await expect(page.getByText(words.he.heard)).toBeVisible({ timeout: 20_000 })
    isDown = true
    await expect(page.getByText('החיבור נותק, והסוכן ממשיך את השיחה. אפשר לענות שוב.')).toBeVisible({ timeout: 8_000 })
    await expect(page.getByText(words.he.heard)).toHaveCount(0)
    isDown = false
    await button.click()
    await expect(page.getByText(words.he.heard)).toBeVisible({ timeout: 20_000 })
    await page.getByRole('button', { name: words.he.hangUp }).click()
    await page.getByRole('dialog').getByRole('button', { name: words.he.hangUp }).click()
    await expect(page.locator('.live-call')).toHaveCount(0, { timeout: 20_000 })
  })
})

for (const view of layouts('phone')) {
  const say = words[view.language]

  test(`a caller who asks for a person rings in the page and is answered there, ${view.language} ${view.width}`, async () => {
    test.setTimeout(120_000)
    await opened(
      view,
      async (page, daemon) => {
        const ring = page.locator('.strip').filter({ has: page.getByRole('alert').filter({ hasText: say.asks }) })
        await expect(ring).toContainText('רוצה להזיז תור', { timeout: 20_000 })
        await expect(ring.getByRole('button', { name: say.byPhone })).toBeVisible()
        await inspect(page, 'page-ring', view)
        await ring.getByRole('button', { name: say.answer }).click()
        await expect(page).toHaveURL(/\/app\/calls\/\d+$/)
        await expect(page.getByText(say.heard)).toBeVisible({ timeout: 20_000 })
        await expect(ring).toHaveCount(0)
        await page.getByRole('button', { name: say.hangUp }).click()
        await page.getByRole('dialog').getByRole('button', { name: say.hangUp }).click()
        await daemon.event('CALL_STREAM_ENDED')
      },
      { ...ASKED, phone: '+97235550000' },
    )
  })
}

test('the agent continues when the user declines, and the page stops ringing', long, async () => {
  test.setTimeout(120_000)
  await opened(
    VIEWS[0],
    async (page, daemon) => {
      const ring = page.locator('.strip').filter({ has: page.getByRole('alert').filter({ hasText: words.he.asks }) })
      await expect(ring).toBeVisible({ timeout: 20_000 })
      // Without a number for transfers there is no phone to ring at.
      await expect(ring.getByRole('button', { name: words.he.byPhone })).toHaveCount(0)
      await inspect(page, 'page-ring-wide', VIEWS[0])
      // With the keyboard alone.
      await tabTo(page, ring.getByRole('button', { name: words.he.notNow }))
      await page.keyboard.press('Enter')
      await expect(ring).toHaveCount(0)
      await page.locator('.strip.call').getByRole('link').click()
      await expect(page.getByRole('log')).toContainText('אין מענה, אפשר לקחת הודעה?', { timeout: 20_000 })
      await page.getByRole('button', { name: words.he.hangUp }).click()
      await page.getByRole('dialog').getByRole('button', { name: words.he.hangUp }).click()
      await daemon.event('CALL_STREAM_ENDED')
    },
    ASKED,
  )
})

test('the strip is about the call in which the employee talks, with the microphone', long, async () => {
  test.setTimeout(150_000)
  await opened(LAYOUTS.phone, async (page, daemon) => {
    const say = words.en
    const { get, send } = await owner(page, daemon)
    // A second call, newer than the one on the screen.
    const from = '+972549023317'
    const second = daemon.call(['--from', from, '--script', 'say 1.5s; stay']).catch(() => undefined)
    const live = async () => {
      const { calls } = await get<{ calls: { id: number; state: string; peer_number: string }[] }>('/api/calls')
      return calls.filter(({ state }) => state === 'live')
    }
    await expect.poll(async () => (await live()).length, { timeout: 20_000 }).toBe(2)
    const id = (await live()).find(({ peer_number }) => peer_number === from)?.id
    await page.getByRole('link', { name: 'Back to calls' }).click()
    await page.locator('.call-row', { hasText: '054-902-3317' }).locator('a').first().click()
    await page.getByRole('button', { name: say.answer }).click()
    await expect(page.getByText(say.heard)).toBeVisible({ timeout: 20_000 })

    await page.getByRole('link', { name: 'Back to calls' }).click()
    const strip = page.locator('.strip.call')
    await expect(strip).toHaveCount(1)
    await expect(strip).toContainText('You are talking with 054-902-3317')
    await expect(strip).toContainText('1 more')
    await inspect(page, 'strip-talking', LAYOUTS.phone)
    await strip.getByRole('button', { name: say.mute }).click()
    await expect(strip).toContainText('The microphone is muted')
    await expect(strip.getByRole('link')).toHaveAttribute('href', `/app/calls/${id}`)
    await strip.getByRole('button', { name: say.back }).click()
    await expect(strip).toContainText('054-902-3316')
    for (const call of await live()) await send('POST', `/api/calls/${call.id}/hang-up`)
    await second
  })
})
