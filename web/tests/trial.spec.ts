import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Page } from '@playwright/test'
import { Daemon } from './support/daemon'
import {
  expect,
  inspect,
  type Layout,
  layouts,
  logIn,
  long,
  prepare,
  shot,
  test,
  VIEWS,
  watch,
} from './support/fixtures'
import { FakeAi } from './trial/fake-ai'
import { type Part, wav } from './trial/sound'

const LONG =
  'אחת שתיים שלוש ארבע חמש שש שבע שמונה תשע עשר. אפשר לבחור כל אחת מהן, ואפשר גם לבוא בלי תור ביום שישי בבוקר.'

/** The caller speaks while the agent listens, and interrupts the second answer. */
const TALK: Part[] = [
  { silence: 7 },
  { voice: 1.4 },
  { silence: 7 },
  { voice: 1.4 },
  { silence: 3.6 },
  { voice: 1.6 },
  { silence: 60 },
]

interface Setup {
  view: Layout
  talk?: Part[]
  /** False: no AI answers. */
  hasAi?: boolean
  /** The browser denies the microphone. */
  isMicrophoneRefused?: boolean
  /** The machine has no owner yet, and the browser shows no page. */
  isNew?: boolean
}

/** Opens the page in a separate browser, because the fake microphone is a launch option. */
async function opened(setup: Setup, run: (page: Page, daemon: Daemon) => Promise<void>): Promise<void> {
  const { view, talk = TALK, hasAi = true, isMicrophoneRefused = false, isNew = false } = setup
  const ai = await FakeAi.start([
    'שלום, אתם פתוחים היום?|שלום! כן, אנחנו פתוחים היום עד שבע בערב.',
    `מה השעות?|${LONG}`,
  ])
  const daemon = new Daemon({ OPENAI_BASE_URL: ai.url, ...(hasAi ? { OPENAI_API_KEY: 'any' } : {}) })
  try {
    await daemon.start({ owner: !isNew })
    const file = join(daemon.folder, 'microphone.wav')
    writeFileSync(file, wav(talk))
    const { executablePath, args = [] } = test.info().project.use.launchOptions ?? {}
    const fake = ['--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${file}%noloop`]
    const answer = isMicrophoneRefused ? '--deny-permission-prompts' : '--use-fake-ui-for-media-stream'
    const browser = await chromium.launch({ executablePath, args: [...args, ...fake, answer] })
    try {
      const page = await (await browser.newContext()).newPage()
      const errors = watch(page)
      await prepare(page, view)
      if (!isNew) {
        await logIn(page, daemon)
        await page.goto(`${daemon.url}/app/try`)
      }
      await run(page, daemon)
      expect(errors).toEqual([])
    } finally {
      await browser.close()
    }
  } finally {
    await daemon.remove()
    await ai.stop()
  }
}

/** Starts to measure how long after a `clear` the page returns a mark. The returned function gets the times in ms. */
async function measureClears(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const took: number[] = []
    Object.assign(window, { clears: took })
    let clearedAt: number | undefined
    const send = WebSocket.prototype.send
    WebSocket.prototype.send = function (data) {
      if (clearedAt !== undefined && String(data).includes('"event":"mark"')) {
        took.push(performance.now() - clearedAt)
        clearedAt = undefined
      }
      send.call(this, data)
      this.addEventListener('message', seen)
    }
    const seen = ({ data }: MessageEvent) => {
      if (String(data).includes('"event":"clear"')) clearedAt ??= performance.now()
    }
  })
  return () => page.evaluate(() => (window as unknown as { clears: number[] }).clears)
}

const words = {
  he: {
    start: 'להתחיל לדבר',
    listening: 'הסוכן מקשיב. דברו',
    interrupted: 'נכנסתם לדברים, והסוף לא נשמע',
    end: 'סיום',
    ended: 'סיימתם את השיחה',
    mute: 'השתקה',
    muted: 'המיקרופון מושתק. הסוכן לא שומע אתכם',
    again: 'לנסות שוב',
    denied: 'הדפדפן לא קיבל אישור להשתמש במיקרופון',
    noEngine: 'חסר מפתח AI',
    insecure: 'הדפדפן לא נותן מיקרופון, כי הכתובת מתחילה ב־http',
  },
  en: {
    start: 'Start talking',
    listening: 'The agent is listening. Speak',
    interrupted: 'You interrupted, and the end was not heard',
    end: 'End',
    ended: 'You ended the call',
    mute: 'Mute',
    muted: 'The microphone is muted. The agent cannot hear you',
    again: 'Try again',
    denied: 'The browser has no permission to use the microphone',
    noEngine: 'The AI key is missing',
    insecure: 'The browser blocks the microphone because the address starts with http',
  },
} as const

for (const view of layouts('phone')) {
  const say = words[view.language]

  test(`a trial call with an interruption, ${view.language} ${view.width}`, long, async () => {
    test.setTimeout(120_000)
    await opened({ view }, async page => {
      await inspect(page, 'trial-idle', view)
      const clears = await measureClears(page)
      await page.getByRole('button', { name: say.start }).click()
      await expect(page.getByText(say.listening)).toBeVisible({ timeout: 20_000 })
      const log = page.getByRole('log')
      await expect(log).toContainText('שלום, אתם פתוחים היום?', { timeout: 20_000 })
      await expect(log).toContainText('כן, אנחנו פתוחים היום עד שבע בערב.', { timeout: 20_000 })
      await expect(log).toContainText('אחת שתיים', { timeout: 20_000 })
      await shot(page, `trial-talk-${view.language}-${view.width}-${view.scheme}`)
      await expect(log).toContainText(say.interrupted, { timeout: 20_000 })
      await expect(log.locator('s').first()).not.toBeEmpty()
      const took = await clears()
      expect(took.length, 'the marks go back after a clear').toBeGreaterThan(0)
      expect(Math.min(...took)).toBeLessThan(50)
      await inspect(page, 'trial-cut', view)
      await page.getByRole('button', { name: say.mute, exact: true }).click()
      await expect(page.getByText(say.muted)).toBeVisible()
      await page.getByRole('button', { name: say.end, exact: true }).click()
      await expect(page.getByText(say.ended)).toBeVisible()
      await expect(page.getByRole('button', { name: say.again })).toBeVisible()
      await inspect(page, 'trial-ended', view)
      const calls = await page.request.get(new URL('/api/calls', page.url()).href)
      expect((await calls.json()).calls).toEqual([])
      // The agent's answer completes a step of the set-up.
      await page.goto(new URL('/app/setup/agent', page.url()).href)
      await expect(page.locator('main .link-state.ok')).toBeVisible()
      await expect(page.locator('.wizard-foot .btn.pen')).toBeEnabled()
    })
  })

  test(`the page says why there is no trial call, ${view.language} ${view.width}`, async () => {
    test.setTimeout(120_000)
    await opened({ view, hasAi: false }, async page => {
      await expect(page.getByText(say.noEngine)).toBeVisible()
      await expect(page.getByRole('button', { name: say.start })).toHaveCount(0)
      await expect(page.getByRole('alert').getByRole('link')).toHaveAttribute('href', /agent\?at=openai\.api_key$/)
      await inspect(page, 'trial-no-engine', view)
    })
    await opened({ view, isMicrophoneRefused: true }, async page => {
      await page.getByRole('button', { name: say.start }).click()
      await expect(page.getByText(say.denied)).toBeVisible()
      await inspect(page, 'trial-denied', view)
      await page.evaluate(() => Object.defineProperty(window, 'isSecureContext', { value: false }))
      await page.getByRole('button', { name: say.again }).click()
      await expect(page.getByText(say.insecure)).toBeVisible()
    })
  })
}

test('a stop of the machine ends a trial call with its reason', long, async () => {
  test.setTimeout(60_000)
  await opened({ view: VIEWS[0], talk: [{ silence: 60 }] }, async (page, daemon) => {
    await page.getByRole('button', { name: words.he.start }).click()
    await expect(page.getByText(words.he.listening)).toBeVisible({ timeout: 20_000 })
    await daemon.stop()
    await expect(page.getByText('המכונה מופעלת מחדש. נסו שוב בעוד דקה')).toBeVisible({ timeout: 15_000 })
  })
})

test('from a new machine to the voice of the agent with the page alone', async () => {
  test.setTimeout(120_000)
  const began = Date.now()
  await opened({ view: VIEWS[1], hasAi: false, isNew: true }, async (page, daemon) => {
    const { url } = await daemon.event('SETUP_CODE')
    await page.goto(String(url))
    await page.getByRole('button', { name: 'המשך' }).click()
    await page.locator('[autocomplete=username]').fill('roni')
    await page.locator('[autocomplete=new-password]').fill('a long pass phrase 7')
    await page.keyboard.press('Enter')
    const at = (step: string) => expect(page).toHaveURL(new RegExp(`/setup/${step}$`))
    const skip = async (step: string) => {
      await at(step)
      await page.getByRole('button', { name: 'לדלג בינתיים' }).click()
    }
    await page.getByRole('textbox', { name: 'שם העסק' }).fill('מספרת רוני')
    await page.keyboard.press('Enter')
    await skip('address')
    await skip('phone')
    await skip('whatsapp')
    await at('ai')
    await page.locator('main input').first().fill('sk-a-key-of-the-test')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: 'בדקנו, והחיבור עובד' })).toBeVisible()
    await page.getByRole('button', { name: 'המשך', exact: true }).click()
    await at('greeting')
    // Without another greeting, the step is continued with the one of the system.
    await page.getByRole('button', { name: 'המשך', exact: true }).click()
    await skip('business')
    await page.getByRole('link', { name: 'לדבר עם הסוכן מהדפדפן' }).click()
    await page.getByRole('button', { name: words.he.start }).click()
    await expect(page.getByRole('log')).toContainText('פתוחים היום עד שבע בערב', { timeout: 30_000 })
    const seconds = Math.round((Date.now() - began) / 1000)
    test.info().annotations.push({ type: 'duration', description: `${seconds} s from the start to the answer` })
  })
})
