import { owner } from './support/api'
import { Daemon, freePort, SETTINGS } from './support/daemon'
import {
  expect,
  inspect,
  inspectAll,
  layouts,
  logIn,
  long,
  prepare,
  test,
  VIEWS,
  withoutStart,
} from './support/fixtures'
import { FakeTwilio } from './support/providers'
import { FakeAi } from './trial/fake-ai'

for (const view of layouts('phone')) {
  test(`the first set-up, ${view.language} ${view.width}`, async ({ page, ownDaemon }) => {
    await ownDaemon.start({ owner: false })
    const { url } = await ownDaemon.event('SETUP_CODE')
    const code = new URLSearchParams(new URL(String(url)).hash.slice(1)).get('code') ?? ''
    expect(code).not.toBe('')
    await prepare(page, view)
    // On a new machine, a visitor is redirected to the set-up.
    await page.goto(`${ownDaemon.url}/app/`)
    await expect(page).toHaveURL(/\/setup$/)
    await page.goto(String(url))
    await inspect(page, 'setup-language', view)
    await page.locator('.btn.pen').click()
    await expect(page.locator('input').first()).toHaveValue(code)
    await inspect(page, 'setup-owner', view)
    await page.locator('[autocomplete=username]').fill('roni')
    await page.locator('[autocomplete=new-password]').fill('password123')
    await page.keyboard.press('Enter')
    await expect(page.locator('.err:visible').first()).toBeVisible()
    await page.locator('[autocomplete=new-password]').fill('a long pass phrase 7')
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/app\/./)
    expect(page.url()).not.toContain('code=')
    await page.goto(`${ownDaemon.url}/setup`)
    await expect(page.getByRole('link')).toHaveAttribute('href', '/login')
  })
}

test('a wrong code is said at its field', async ({ page, ownDaemon }) => {
  await ownDaemon.start({ owner: false })
  await page.goto(`${ownDaemon.url}/setup#code=wrong-wrong`)
  await page.locator('.btn.pen').click()
  await page.locator('[autocomplete=username]').fill('roni')
  await page.locator('[autocomplete=new-password]').fill('a long pass phrase 7')
  await page.keyboard.press('Enter')
  await expect(page.locator('input').first()).toHaveAttribute('aria-invalid', 'true')
  await expect(page.locator('input').first()).toBeFocused()
})

test('each step takes the focus, for the keyboard and screen readers', async ({ page, ownDaemon }) => {
  await ownDaemon.start({ owner: false })
  await prepare(page, VIEWS[0])
  const next = page.getByRole('button', { name: 'המשך' })
  const heading = page.getByRole('heading', { level: 1 })
  await page.goto(`${ownDaemon.url}/setup`)
  await next.focus()
  await page.keyboard.press('Enter')
  await expect(heading).toBeFocused()
  const { url } = await ownDaemon.event('SETUP_CODE')
  await page.goto(String(url))
  // The address differs only in its fragment, so it is not loaded again by itself.
  await page.reload()
  await next.focus()
  await page.keyboard.press('Enter')
  await expect(page.locator('[autocomplete=username]')).toBeFocused()
  await page.keyboard.type('roni')
  await page.locator('[autocomplete=new-password]').fill('a long pass phrase 7')
  await page.keyboard.press('Enter')

  // The wizard: a step that is saved, and one that is skipped.
  await page.getByRole('textbox', { name: 'שם העסק' }).fill('מספרת רוני')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/setup\/address$/)
  await expect(heading).toBeFocused()
  await page.getByRole('button', { name: 'לדלג בינתיים' }).focus()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/setup\/phone$/)
  await expect(heading).toBeFocused()
})

test('plain http is refused in words', async ({ page, daemon }) => {
  const error = { code: 'https_required', message: 'x', params: { https_url: 'https://shop.example' } }
  await withoutStart(page)
  await page.route('**/api/setup', route => route.fulfill({ json: { needed: true, connection_error: error } }))
  await page.goto(`${daemon.url}/setup#code=1234`)
  await expect(page.locator('a.btn')).toHaveAttribute('href', 'https://shop.example/setup#code=1234')
})

test('a machine without https names the port on which it can be reached', async ({ page, daemon }) => {
  const error = { code: 'https_required', message: 'x', params: {} }
  await withoutStart(page)
  await page.route('**/api/setup', route => route.fulfill({ json: { needed: true, connection_error: error } }))
  await page.goto(`${daemon.url}/setup`)
  const { port } = new URL(daemon.url)
  await expect(page.locator('main')).toContainText(`ssh -L 8080:127.0.0.1:${port} 127.0.0.1`)
})

test(
  'a saved step continues, a skipped one is taken up again, and what a step opens leads back',
  long,
  async ({ page, ownDaemon }) => {
    await ownDaemon.start()
    await prepare(page, VIEWS[0])
    await logIn(page, ownDaemon)
    const asked: string[] = []
    page.on('request', request => asked.push(new URL(request.url()).pathname))
    await page.goto(`${ownDaemon.url}/app/today`)
    const reminder = page.locator('.strip.new')
    await expect(reminder).toContainText('שם העסק')
    // The HTML file contains the data of the reminder, so the page requests neither Twilio nor the bridge for it.
    expect(
      asked.filter(path => /twilio|whatsapp|setup|settings|greeting/.test(path) && path.startsWith('/api/')),
    ).toEqual([])
    await reminder.getByRole('link', { name: 'להמשיך' }).click()
    // Each step has one primary button.
    const primary = page.locator('.wizard .btn.pen')
    await page.getByRole('textbox', { name: 'שם העסק' }).fill('מספרת רוני')
    await expect(primary).toHaveText(['שמירה והמשך'])
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/setup\/address$/)
    await expect(primary).toHaveText(['בדיקה'])
    await page.goBack()
    await expect(primary).toHaveText(['המשך'])
    await page.getByRole('textbox', { name: 'שם העסק' }).fill('מספרת רוני וגל')
    await expect(primary).toHaveText(['שמירה והמשך'])
    await page.keyboard.press('Enter')
    await expect(page).toHaveURL(/\/setup\/address$/)
    await page.getByRole('button', { name: 'לדלג בינתיים' }).click()
    await expect(page).toHaveURL(/\/setup\/phone$/)
    await page.goto(`${ownDaemon.url}/app/today`)
    await expect(reminder).toContainText('טלפון')

    await page.goto(`${ownDaemon.url}/app/setup/address`)
    await page.getByRole('button', { name: 'לבטל את הדילוג' }).click()
    await expect(page.getByRole('button', { name: 'לדלג בינתיים' })).toBeVisible()
    await expect(page.getByRole('listitem').filter({ hasText: 'כתובת מאובטחת' })).not.toContainText('דילגתם')

    await page.goto(`${ownDaemon.url}/app/setup/business`)
    await page.getByRole('link', { name: 'עריכה' }).first().click()
    await expect(page).toHaveURL(/\/settings\/hours\?setup=business$/)
    await page.getByRole('link', { name: 'חזרה להקמה' }).click()
    await expect(page).toHaveURL(/\/setup\/business$/)
    await page.locator('.rail').getByRole('link', { name: 'היום' }).click()
    await expect(reminder).toContainText('כתובת מאובטחת')
  },
)

test('an agent that needs no key of OpenAI can be talked to', async ({ page }) => {
  const daemon = await new Daemon({
    SONIOX_API_KEY: 'any',
    PIPELINE_MODEL_BASE_URL: 'http://127.0.0.1:9/v1',
  }).start()
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/setup/agent`)
  await expect(page.getByRole('link', { name: 'לדבר עם הסוכן מהדפדפן' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'קודם צריך מפתח AI' })).toHaveCount(0)
  await daemon.remove()
})

test('a saved key that does not work is said at its step', async ({ page }) => {
  const port = await freePort()
  const settings = { OPENAI_API_KEY: 'any', OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` }
  const daemon = await new Daemon(settings).start()
  let ai: FakeAi | undefined
  try {
    await prepare(page, VIEWS[0])
    await logIn(page, daemon)
    await page.goto(`${daemon.url}/app/setup/name`)
    const step = page.locator('.wizard-steps li', { hasText: 'מפתח AI' })
    await expect(step).toContainText('נמצאה בעיה')
    await inspect(page, 'setup-key-fails', VIEWS[0])
    await step.getByRole('link').click()
    await expect(page.getByRole('status').filter({ hasText: 'בדקנו את מה ששמור, ונמצאה בעיה' })).toBeVisible()
    ai = await FakeAi.start(['שלום|שלום'], port)
    const checked = page.waitForResponse('**/api/checks')
    await page.reload()
    expect(await (await checked).json()).toMatchObject({ ok: true })
    await expect(step).not.toContainText('נמצאה בעיה')
  } finally {
    await daemon.remove()
    await ai?.stop()
  }
})

for (const view of layouts('phone')) {
  test(`a call verifies the forwarding of one's own number, ${view.language} ${view.width}`, async ({ page }) => {
    const daemon = new Daemon({ TWILIO_PHONE_NUMBER: '+97235551234' })
    await prepare(page, view)
    await daemon.start()
    await logIn(page, daemon)
    await page.goto(`${daemon.url}/app/setup/phone`)
    await page.locator('.wizard-more summary').click()
    const field = page.locator('.wizard-more input')
    await field.fill('03-555-1234')
    await expect(page.locator('.wizard-more .err')).toBeVisible()
    await field.fill('03-765-4321')
    const proof = page.locator('.wizard-call .link-state')
    await expect(proof).toBeVisible()
    // Neither a direct call to the number nor a call that another number has forwarded verifies the step.
    await daemon.ring({ From: '+972501112233' })
    await expect(proof).toHaveClass(/wait/)
    await inspect(page, 'forwarding-not-verified', view)
    await daemon.ring({ From: '+972501112234', ForwardedFrom: '+97239998877' })
    await expect(proof).toContainText('03-999-8877')
    await daemon.ring({ From: '+972501112235', ForwardedFrom: '+97237654321' })
    await expect(proof).toHaveClass(/ok/)
    await expect(proof).toContainText('03-765-4321')
    await inspect(page, 'forwarding-verified', view)
    // A later call does not change the verified step.
    await daemon.ring({ From: '+972501112236' })
    await expect(page.locator('.wizard-call a[href="/app/calls/3"]')).toBeVisible()
    await daemon.remove()
  })
}

for (const view of layouts('phone')) {
  test(`the last step is verified by a call in which the agent is heard, ${view.language} ${view.width}`, async ({
    page,
  }) => {
    const daemon = new Daemon()
    await prepare(page, view)
    await daemon.start()
    await logIn(page, daemon)
    await page.goto(`${daemon.url}/app/setup/call`)
    const state = page.locator('.wizard-call .link-state')
    await expect(state).toBeVisible()
    const sid = 'CA00000000000000000000000000000001'
    await daemon.ring({ From: '+972501112233', CallSid: sid })
    await expect(state.locator('.number, .name, bdi').first()).toBeVisible()
    await expect(state).not.toHaveClass(/ok|wait/)
    await daemon.hook('/webhook/call_status', { CallSid: sid, CallStatus: 'completed', CallDuration: '1' })
    await expect(state).toHaveClass(/wait/)
    await inspect(page, 'first-call-not-answered', view)
    await daemon.call(['--from', '+972501112234'])
    await expect(state).toHaveClass(/ok/)
    await inspect(page, 'first-call-answered', view)
    await daemon.remove()
  })
}

test(
  "one click sends the calls of a number here, and an undo restores the number's webhooks",
  long,
  async ({ page }) => {
    const twilio = await FakeTwilio.reserve()
    const daemon = new Daemon({ TWILIO_API_BASE_URL: `http://${twilio.address}` })
    try {
      await daemon.start()
      await twilio.start(daemon.url, SETTINGS, ['--number', '+97235551234', '--number', '+97237654321'])
      await prepare(page, VIEWS[1])
      await logIn(page, daemon)
      await page.goto(`${daemon.url}/app/setup/call`)
      await expect(page.locator('.wizard-call')).toContainText('עוד לא חובר מספר טלפון')
      await inspect(page, 'setup-no-number', VIEWS[1])
      await page.getByRole('link', { name: 'לחיבור מספר' }).click()
      const number = page.locator('.wizard-checks li', { hasText: '03-765-4321' })
      const other = page.locator('.wizard-checks li', { hasText: '03-555-1234' })
      await expect(number).toContainText('demo.twilio.com')
      await number.getByRole('button', { name: 'להפנות לכאן' }).click()
      const toast = page.getByRole('status').filter({ hasText: 'השיחות למספר מגיעות עכשיו לכאן' })
      await expect(toast).toBeVisible()
      await expect(number).toContainText('השיחות מגיעות לכאן')
      await expect(other).toContainText('demo.twilio.com')
      await inspect(page, 'setup-number', VIEWS[1])
      await toast.getByRole('button').first().click()
      await expect(number).toContainText('demo.twilio.com')

      // The undo is also possible later, and an error is shown if Twilio does not answer.
      await number.getByRole('button', { name: 'להפנות לכאן' }).click()
      await expect(number).toContainText('השיחות מגיעות לכאן')
      await page.goto(`${daemon.url}/app/setup/call`)
      await expect(page.locator('.wizard .lead')).toContainText('03-765-4321')
      await expect(page.locator('.wizard-call')).toContainText('מחכים לשיחה')
      await page.goto(`${daemon.url}/app/setup/phone`)
      await number.getByRole('button', { name: 'להחזיר את ההפניה הקודמת' }).click()
      await expect(number).toContainText('demo.twilio.com')
      await twilio.stop()
      await number.getByRole('button', { name: 'להפנות לכאן' }).click()
      await expect(page.getByRole('alert').filter({ hasText: 'Twilio' })).toBeVisible()
    } finally {
      await twilio.stop()
      await daemon.remove()
    }
  },
)

test('the hours of a new installation complete their step once they are confirmed', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[1])
  const { send, get } = await owner(page, ownDaemon)
  await send('POST', '/api/services', { name: 'צבע', duration_min: 60 })
  await page.goto(`${ownDaemon.url}/app/setup/business`)
  const hours = page.locator('.entries li', { hasText: 'שעות הפתיחה' })
  await expect(hours).toContainText('עוד אין')
  const guess = page.locator('.confirm-hours')
  await expect(guess).toContainText(/[^0]9:00–18:00/)
  await inspect(page, 'setup-hours', VIEWS[1])
  await guess.getByRole('button').click()
  await expect(hours).toContainText('יש')
  await expect(guess).toHaveCount(0)
  expect((await get<{ completed: string[] }>('/api/setup/progress')).completed).toContain('business')
})

test(
  'the step of the address says what is wrong with the input, and checks only an address',
  long,
  async ({ page }) => {
    // Without an address of its own.
    const daemon = new Daemon({ PUBLIC_BASE_URL: '' })
    try {
      await daemon.start()
      await prepare(page, VIEWS[0])
      await logIn(page, daemon)
      await page.goto(`${daemon.url}/app/setup/address`)
      const field = page.locator('main input').first()
      const check = page.getByRole('button', { name: 'בדיקה ושמירה' })
      const result = page.locator('.wizard-checks')
      await check.click()
      await expect(page.locator('.err:visible')).toContainText('צריך למלא את השדה הזה')
      await expect(result).toHaveCount(0)
      await field.fill('מספרה')
      await check.click()
      await expect(page.locator('.err:visible')).toContainText('https://shop.example.com')
      await inspectAll(page, 'setup-address-invalid')
      await page.goto(`${daemon.url}/app/setup/address`)
      await prepare(page, VIEWS[0])
      await page.reload()
      await field.fill('shop.invalid')
      await check.click()
      await expect(field).toHaveValue('https://shop.invalid')
      await expect(result).toContainText('shop.invalid')
      await expect(page.getByRole('heading', { name: 'בדקנו, ועוד לא עובד. לא נשמר' })).toBeVisible()
      // The result is that of another address.
      await field.fill('https://other.invalid')
      await expect(result).toHaveCount(0)
    } finally {
      await daemon.remove()
    }
  },
)

test('a check with a warning does not say that all works', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[0])
  await logIn(page, ownDaemon)
  const findings = [{ check: 'address', status: 'warning', text: 'רק מתוך הרשת שלכם', remedy: null }]
  await page.route('**/api/checks', route => route.fulfill({ json: { ok: true, findings } }))
  await page.goto(`${ownDaemon.url}/app/setup/address`)
  await page.getByRole('button', { name: 'בדיקה', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'בדקנו, ויש מה להשלים' })).toBeVisible()
})

test('without a public address, the step of the telephone leads to the step of the address', async ({ page }) => {
  const twilio = await FakeTwilio.reserve()
  const daemon = new Daemon({ TWILIO_API_BASE_URL: `http://${twilio.address}`, PUBLIC_BASE_URL: '' })
  try {
    await daemon.start()
    await twilio.start(daemon.url, SETTINGS, ['--number', '+97235551234'])
    await prepare(page, VIEWS[1])
    await logIn(page, daemon)
    await page.goto(`${daemon.url}/app/setup/phone`)
    await expect(page.locator('main')).toContainText('03-555-1234')
    await expect(page.getByRole('button', { name: 'להפנות לכאן' })).toHaveCount(0)
    await inspectAll(page, 'setup-phone-no-address')
    await page.locator('main section a[href="/app/setup/address"]').click()
    await expect(page).toHaveURL(/\/setup\/address$/)
  } finally {
    await twilio.stop()
    await daemon.remove()
  }
})
