import type { Page } from '@playwright/test'
import { contactOf, missCall, owner } from './support/api'
import { Daemon } from './support/daemon'
import { expect, inspect, inspectAll, layouts, logIn, long, prepare, show, test, VIEWS } from './support/fixtures'
import { FakeAi } from './trial/fake-ai'

const DANA = '+972509876543'
const MISSED = '+972543187720'
const LONG = 'יש לנו מזון יבש ורטוב לכלבים גדולים, מיטות, רצועות וקולרים חזקים, וגם צעצועים שמחזיקים הרבה זמן'

let ai: FakeAi
let daemon: Daemon

test.describe.configure({ mode: 'serial' })
test.beforeAll(async ({ browser }) => {
  test.setTimeout(90_000)
  ai = await FakeAi.start([
    'שלום, אתם פתוחים היום?|שלום דנה! כן, אנחנו פתוחים היום עד שבע בערב.',
    `מה יש לכם לכלב גדול?|${LONG}`,
    'רק מזון, בבקשה.|בשמחה, שק של חמישה עשר קילו מחכה לך בחנות.',
  ])
  daemon = await new Daemon({ OPENAI_BASE_URL: ai.url, OPENAI_API_KEY: 'any' }).start()
  const script = 'say 1.5s; listen; say 1.4s; listen 1500ms; say 1.2s; listen'
  await daemon.call(['--from', DANA, '--script', script])
  const page = await browser.newPage()
  const api = await owner(page, daemon)
  const { id } = await contactOf(api, DANA)
  await api.send('PATCH', `/api/contacts/${id}`, { display_name: 'דנה כהן' })
  await missCall(api, daemon, MISSED)
  await page.close()
})
test.afterAll(async () => {
  await daemon?.remove()
  await ai?.stop()
})

/** Opens the call with Dana from the list. */
async function openDana(page: Page): Promise<void> {
  await page.goto(`${daemon.url}/app/calls`)
  await page.locator('.thread', { hasText: 'דנה כהן' }).click()
  await expect(page.locator('.turnlines > li').first()).toBeVisible()
}

/** Opens it once its recording can be played. The recording is compressed after the call; its waveform appears then. */
async function openRecorded(page: Page): Promise<void> {
  await openDana(page)
  await expect(page.locator('.surface .wave .them')).toHaveAttribute('d', /M/)
}

test('the calls and one call', async ({ page }) => {
  test.slow()
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/calls`)
  // On a slow machine the daemon may store the missed call of a failed attempt later.
  await expect(page.locator('.call-row', { hasText: 'דנה כהן' })).toHaveCount(1)
  await expect(page.locator('.call-row', { hasText: '054-318-7720' })).not.toHaveCount(0)
  // A mouse cannot scroll the filters.
  for (const filter of await page.locator('.list-filters button').all())
    await expect(filter).toBeInViewport({ ratio: 1 })
  await inspectAll(page, 'calls')
  await openRecorded(page)
  await expect(page.locator('.turnlines s')).toContainText('זמן')
  await expect(page.locator('.fall li')).not.toHaveCount(0)
  await inspectAll(page, 'call')
})

const SUMMARY =
  'דנה שאלה מתי פתוח היום, ומה יש לכלב גדול. הסוכן אמר שפתוח עד שבע, ומנה מזון יבש ורטוב, מיטות, רצועות וקולרים חזקים. היא ביקשה רק מזון, והסוכן אמר ששק של חמישה עשר קילו מחכה לה בחנות. היא תבוא אחרי חמש, ושאלה גם על משלוחים, אבל על זה לא הייתה לו תשובה.'

test('the whole summary, and what the agent noted', long, async ({ page }) => {
  test.slow()
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  const question = { question: 'יש משלוחים לאילת?', state: 'open', times_asked: 1 }
  const found = {
    summary: SUMMARY,
    summary_line: `${SUMMARY.slice(0, 140)}…`,
    language: 'ru',
    lead: { id: 1, title: 'מזון לכלב גדול, 15 קילו' },
    questions: [
      { ...question, id: 1 },
      { ...question, id: 2, question: 'מתי החנוכה?', state: 'answered' },
    ],
  }
  await page.route(/\/api\/calls\/\d+$/, async route => {
    const response = await route.fetch()
    await route.fulfill({ response, json: { ...(await response.json()), ...found } })
  })
  await openDana(page)
  const aside = page.locator('.aside')
  for (const view of VIEWS) {
    await show(page, view)
    await expect(aside).toContainText(SUMMARY)
    await expect(aside.locator('.noted')).toContainText(view.language === 'he' ? 'רוסית' : 'Russian')
    await expect(aside.locator('.noted')).toContainText('מזון לכלב גדול, 15 קילו')
    await expect(aside.locator('.noted li')).toHaveCount(4)
    await expect(aside.locator('.noted').getByRole('link')).toHaveCount(2)
    await aside.locator('.noted').scrollIntoViewIfNeeded()
    await inspect(page, 'call-noted', view)
  }
})

test('a word plays from its place; keys pause, step and change the speed', async ({ page }) => {
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await openRecorded(page)
  const player = page.getByRole('slider')
  const seconds = async () => Number(await player.getAttribute('aria-valuenow'))
  const line = page.locator('.turnlines > li').nth(2)
  await line.locator('[data-from]').nth(1).click()
  await expect(page.locator('.turnlines li.now')).toHaveCount(1)
  await expect(page.locator('.turnlines mark')).toHaveCount(1)
  expect(await seconds()).toBeGreaterThan(2)
  await page.keyboard.press('Space')
  await expect(page.locator('.rec .play')).toHaveAttribute('aria-label', 'ניגון')
  const before = await seconds()
  await page.keyboard.press('ArrowLeft')
  await expect.poll(seconds).toBeLessThan(before)
  await page.keyboard.press('BracketRight')
  await expect(page.getByRole('button', { name: '1.25×' })).toBeVisible()
  // A click at a quarter of the waveform's width seeks to a quarter of the time, also in a right-to-left page.
  const box = await player.boundingBox()
  if (!box) throw new Error('no waveform')
  await page.mouse.click(box.x + box.width / 4, box.y + box.height / 2)
  const total = Number(await player.getAttribute('aria-valuemax'))
  expect(Math.abs((await seconds()) - total / 4)).toBeLessThanOrEqual(1)
})

test('a word with a time plays at its time and is marked while it sounds', async ({ page }) => {
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  // The second word is long, so that it is still current when the slowest machine has looked.
  const times = [
    [500, 800],
    [2000, 60_000],
    [60_000, 60_300],
    [60_300, 60_600],
    [60_600, 60_900],
  ]
  await page.route(/\/api\/calls\/\d+$/, async route => {
    const response = await route.fetch()
    const call = await response.json()
    const turn = call.turns.find(({ text }: { text: string }) => text === 'מה יש לכם לכלב גדול?')
    const words = turn.text
      .split(' ')
      .map((text: string, at: number) => ({ text, start_ms: times[at]?.[0], end_ms: times[at]?.[1] }))
    await route.fulfill({ response, json: { ...call, turns: [{ ...turn, words }] } })
  })
  await openRecorded(page)
  const line = page.locator('.turnlines > li')
  await expect(line).toHaveCount(1)
  const places = line.locator('[data-from]').evaluateAll(all => all.map(word => word.getAttribute('data-from')))
  expect(await places).toEqual(times.map(([from]) => String(from)))
  await line.locator('[data-from]').nth(1).click()
  await expect(line.locator('mark')).toHaveText('יש')
  const seconds = Number(await page.getByRole('slider').getAttribute('aria-valuenow'))
  expect(seconds).toBeGreaterThanOrEqual(2)
  await page.keyboard.press('Space')
})

test('the filter is in the address, and one key makes the call-back task', async ({ page }) => {
  await prepare(page, VIEWS[0])
  const { get } = await owner(page, daemon)
  await page.goto(`${daemon.url}/app/calls`)
  await page.getByRole('button', { name: 'לא נענו' }).click()
  await expect(page.locator('.call-row')).toHaveCount(1)
  await expect(page).toHaveURL(/outcome=missed/)
  await page.locator('.call-row a').click()
  await expect(page.locator('.rec.none')).toBeVisible()
  await inspect(page, 'call-missed', VIEWS[0])
  // The key does the same as the button, which appears once the page has found no task for the call.
  await expect(page.getByRole('button', { name: 'משימה לחזור' })).toBeVisible()
  await page.keyboard.press('KeyT')
  await expect(page.locator('.toast')).toContainText('054-318-7720')
  const open = () => get<{ items: { title: string; call_id: number }[] }>('/api/tasks?state=open')
  expect((await open()).items.map(({ title }) => title.replace(/[\u2066-\u2069]/g, ''))).toEqual([
    'לחזור אל 054-318-7720',
  ])
  await page.locator('.toast .btn').first().click()
  await expect.poll(async () => (await open()).items.length).toBe(0)
})

test('an empty list says whether the filter or the search found nothing', async ({ page }) => {
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await page.goto(`${daemon.url}/app/calls?outcome=robot`)
  await expect(page.locator('.list .empty')).toContainText('אף שיחה לא מתאימה לסינון הזה')
  await page.goto(`${daemon.url}/app/calls?q=שמונצס`)
  await expect(page.locator('.list .empty')).toContainText('אפשר לחפש חלק משם, ממספר')
})

test('another call does not open at the position of a search hit', async ({ page }) => {
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  await openDana(page)
  const address = page.url()
  await page.goto(`${address}?at=2000&q=${encodeURIComponent('דנה')}`)
  await expect(page.locator('.call-row a').first()).toHaveAttribute('href', /^\/app\/calls\/\d+\?q=[^&]*$/)
  await page.goto(`${address}?at=2000`)
  await expect(page.locator('.call-row a[aria-current]')).toHaveAttribute('href', new URL(address).pathname)
  await expect(page.locator('.call-row').nth(1)).toBeVisible()
  // The call with Dana is not the newest one.
  await page.keyboard.press('KeyK')
  await expect(page).not.toHaveURL(new RegExp(`${address}($|\\?)`))
  await expect(page).toHaveURL(/\/app\/calls\/\d+$/)
})

test('the search field follows the address', async ({ page }) => {
  await prepare(page, VIEWS[0])
  await owner(page, daemon)
  await page.goto(`${daemon.url}/app/calls?q=unknown`)
  const search = page.getByRole('searchbox', { name: 'חיפוש בשיחות' })
  await expect(search).toHaveValue('unknown')
  await page.locator('.pane.list').getByRole('link', { name: 'כל השיחות' }).click()
  await expect(search).toHaveValue('')
  await expect(page.locator('.call-row').first()).toBeVisible()
  await page.goBack()
  await expect(search).toHaveValue('unknown')
  await expect(page).toHaveURL(/q=unknown/)
})

test('a task about a call is shown once it is made, on every device, and made once', async ({ page, browser }) => {
  await prepare(page, VIEWS[0])
  const { get, send } = await owner(page, daemon)
  const { calls } = await get<{ calls: { id: number; contact_id: number }[] }>('/api/calls?outcome=missed')
  const [call] = calls
  if (!call) throw new Error('no missed call')
  const phone = await browser.newPage()
  await prepare(phone, VIEWS[1])
  await logIn(phone, daemon)
  for (const each of [page, phone]) {
    await each.goto(`${daemon.url}/app/calls/${call.id}`)
    await expect(each.getByRole('button', { name: 'משימה לחזור' })).toBeVisible()
  }
  // The first response is lost: the request is repeated with the same key.
  let lost = 0
  await page.route('**/api/tasks', async route => {
    if (route.request().method() !== 'POST' || lost > 0) return route.continue()
    lost += 1
    await route.fetch()
    await route.abort()
  })
  await page.keyboard.press('KeyT')
  await page.locator('.toast.error').getByRole('button', { name: 'לנסות שוב' }).click()
  for (const each of [page, phone]) {
    await expect(each.locator('.call-tasks .task')).toHaveCount(1)
    await expect(each.getByRole('button', { name: 'משימה לחזור' })).toHaveCount(0)
  }
  await page.keyboard.press('KeyT')
  await inspect(phone, 'call-task', VIEWS[1])
  await phone.getByRole('checkbox').click()
  await expect(page.locator('.call-tasks s')).toContainText('054-318-7720')
  const { items } = await get<{ items: { id: number }[] }>(`/api/tasks?call_id=${call.id}&state=all`)
  expect(items).toHaveLength(1)
  for (const { id } of items) await send('DELETE', `/api/tasks/${id}`)
  await expect(page.getByRole('button', { name: 'משימה לחזור' })).toBeVisible()
  await phone.close()
})

test('a call shows the appointments that the agent booked', async ({ page }) => {
  test.slow()
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  const appointment = {
    id: 7,
    service_name: 'תספורת',
    resource_name: 'מיכל',
    starts_at: '2026-11-24T08:00:00.000Z',
    ends_at: '2026-11-24T08:30:00.000Z',
    state: 'booked',
    source: 'agent',
    seen_at: null,
    price_minor: 12_000,
    cancel_reason: null,
  }
  const cancelled = { ...appointment, id: 8, state: 'cancelled', cancel_reason: 'חולה' }
  // The fake AI of these tests calls no tools. The daemon's own tests verify the API's response.
  const bookings = [
    { appointment, booked: true, moved: false, cancelled: false },
    { appointment: cancelled, booked: false, moved: false, cancelled: true },
  ]
  await page.route(/\/api\/calls\/\d+$/, async route => {
    const answer = await route.fetch()
    await route.fulfill({ json: { ...(await answer.json()), bookings } })
  })
  await openDana(page)
  const lines = page.locator('.booked li')
  for (const view of VIEWS) {
    const he = view.language === 'he'
    await show(page, view)
    await expect(lines).toHaveCount(2)
    await expect(lines.first()).toContainText(he ? 'נקבע: תספורת' : 'Booked: תספורת')
    await expect(lines.first()).toContainText('10:00–10:30')
    await expect(lines.first()).toContainText('120')
    await expect(lines.first().getByRole('link')).toHaveAttribute('href', '/calendar?date=2026-11-24&appointment=7')
    await expect(lines.nth(1)).toContainText('חולה')
    await inspect(page, 'call-booked', view)
  }
})

test('the page says why a recording cannot be heard', async ({ page }) => {
  await prepare(page, VIEWS[2])
  await logIn(page, daemon)
  await page.route(/\/api\/calls\/\d+$/, async route => {
    const answer = await route.fetch()
    const call = await answer.json()
    const recordings = call.recordings.map((one: object) => ({ ...one, state: 'pruned' }))
    await route.fulfill({ json: { ...call, recordings, has_audio: false } })
  })
  await openDana(page)
  await expect(page.locator('.rec.none')).toContainText('storage time is over')
  await expect(page.locator('.turnlines button')).toHaveCount(0)
})

test('a live call shows its words, and becomes the ended call in place', async ({ page }) => {
  test.setTimeout(60_000)
  await prepare(page, VIEWS[1])
  await logIn(page, daemon)
  // Only the page is tested. On a slow machine the call may be cut off.
  const script = 'say 1.5s; listen; wait 4s; say 1.2s; listen'
  const call = daemon.call(['--from', '+972549023316', '--script', script]).catch(() => undefined)
  await page.goto(`${daemon.url}/app/calls`)
  // The call may start after the page is loaded.
  const row = page.locator('.call-row', { hasText: '054-902-3316' })
  await row.locator('a').first().click({ timeout: 20_000 })
  await expect(page.getByRole('log')).toContainText('פתוחים', { timeout: 20_000 })
  await inspect(page, 'call-live', VIEWS[1])
  await call
  await expect(page.locator('.rec')).toBeVisible({ timeout: 20_000 })
  await expect(page.getByRole('log')).toHaveCount(0)
})

for (const view of layouts('phone')) {
  const he = view.language === 'he'
  test(`an employee listens to a call and ends it, ${view.language} ${view.width}`, async ({ page }) => {
    test.setTimeout(90_000)
    await prepare(page, view)
    await logIn(page, daemon)
    const from = `+97254902330${he ? 0 : 1}`
    const call = daemon.call(['--from', from, '--script', 'say 1.5s; listen; stay']).catch(() => undefined)
    const { get } = await owner(page, daemon)
    interface Live {
      calls: { id: number; state: string; peer_number: string }[]
    }
    const live = async () =>
      (await get<Live>('/api/calls')).calls.find(({ state, peer_number }) => state === 'live' && peer_number === from)
    await expect.poll(live, { timeout: 20_000 }).toBeTruthy()
    await page.goto(`${daemon.url}/app/calls/${(await live())?.id}`)
    const listen = page.locator('.live-acts').getByRole('button', { name: he ? 'האזנה' : 'Listen', exact: true })
    await listen.click()
    const stop = page.getByRole('button', { name: he ? 'הפסקת ההאזנה' : 'Stop listening' })
    // The strip appears on the other pages only.
    await expect(stop).toHaveCount(1)
    await expect(page.getByRole('img', { name: he ? /צורת הגל/ : /Waveform/ })).toBeVisible({ timeout: 20_000 })
    await expect(page.locator('.live-lanes .agent')).toHaveAttribute('d', /M/, { timeout: 20_000 })
    await page.getByRole('slider').fill('0.4')
    await page.getByRole('textbox', { name: he ? 'לחישה לסוכן' : 'Whisper to the agent' }).fill('תציע 10% הנחה')
    await page.getByRole('button', { name: he ? 'לחישה' : 'Whisper', exact: true }).click()
    await expect(page.getByRole('log')).toContainText('תציע 10% הנחה')
    await expect(page.locator('.toast').last()).toContainText(he ? 'הסוכן יודע' : 'The agent knows')
    await expect(page.locator('.whisper input')).toHaveValue('')
    await page.getByRole('button', { name: he ? 'לקחת את השיחה' : 'Take the call' }).click()
    // The shop has no number to which the call could be forwarded.
    const reason = page.getByRole('dialog')
    await expect(reason).toContainText(he ? 'לא הוגדר מספר' : 'No phone number is set')
    await expect(reason.getByRole('link')).toHaveAttribute('href', '/app/settings/agent?at=agent.transfer_to')
    await inspect(page, 'call-take', view)
    await page.keyboard.press('Escape')
    await expect(reason).toHaveCount(0)
    // The buttons do not cover the field of the whisper.
    const covered = await page.locator('.whisper input').evaluate(field => {
      const { left, top, width, height } = field.getBoundingClientRect()
      return document.elementFromPoint(left + width / 2, top + height / 2) !== field
    })
    expect(covered).toBe(false)
    await inspect(page, 'call-listen', view)
    await stop.click()
    await expect(stop).toHaveCount(0)
    await page.getByRole('button', { name: he ? 'סיום השיחה' : 'End the call' }).click()
    const dialog = page.getByRole('dialog')
    await expect(dialog).toContainText(he ? 'פרידה קצרה' : 'short goodbye')
    await inspect(page, 'call-hang-up', view)
    await dialog.getByRole('button', { name: he ? 'סיום השיחה' : 'End the call' }).click()
    await expect(page.getByRole('log')).toHaveCount(0, { timeout: 20_000 })
    if (view.width !== 390)
      await expect(page.locator('.call-meta')).toContainText(he ? 'סיום על ידי roni' : 'Ended by roni')
    await call
  })
}

test(
  'a whisper that was typed when the call ended is shown, and the focus stays in the page',
  long,
  async ({ page }) => {
    test.setTimeout(90_000)
    await prepare(page, VIEWS[0])
    const { get, send } = await owner(page, daemon)
    const from = '+972549023302'
    const call = daemon.call(['--from', from, '--script', 'say 1.5s; listen; stay']).catch(() => undefined)
    const live = async () => {
      const { calls } = await get<{ calls: { id: number; state: string; peer_number: string }[] }>('/api/calls')
      return calls.find(({ state, peer_number }) => state === 'live' && peer_number === from)
    }
    await expect.poll(live, { timeout: 20_000 }).toBeTruthy()
    const id = (await live())?.id
    await page.goto(`${daemon.url}/app/calls/${id}`)
    const field = page.getByRole('textbox', { name: 'לחישה לסוכן' })
    await field.click()
    await field.pressSequentially('תציע הנחה')
    await send('POST', `/api/calls/${id}/hang-up`)
    await expect(field).toHaveCount(0, { timeout: 20_000 })
    await expect(page.locator('.toast.error')).toContainText('הלחישה לא נשלחה')
    await expect(page.locator('.toast.error')).toContainText('תציע הנחה')
    await expect(page.locator(':focus')).toHaveCount(1)
    await call
  },
)
