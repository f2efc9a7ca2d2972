import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Page } from '@playwright/test'
import { Daemon } from './support/daemon'
import { expect, inspect, type Layout, layouts, logIn, prepare, test, VIEWS, watch } from './support/fixtures'
import { tabTo } from './support/keyboard'
import { FakeAi } from './trial/fake-ai'
import { wav } from './trial/sound'

/** Opens the page of a live call in a browser whose microphone speaks all the time. */
async function opened(view: Layout, run: (page: Page, daemon: Daemon) => Promise<void>): Promise<void> {
  const ai = await FakeAi.start(['שלום, אתם פתוחים היום?|שלום! כן, אנחנו פתוחים היום עד שבע בערב.'])
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
      await logIn(page, daemon)
      const script = 'say 1.5s; wait 4s; say 60s; stay'
      const call = daemon.call(['--from', '+972549023316', '--script', script]).catch(() => undefined)
      await page.goto(`${daemon.url}/app/account`)
      await page.locator('.strip.call').getByRole('link').click()
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

test('the caller hears the employee, and the employee the caller', async () => {
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
