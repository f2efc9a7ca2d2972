import type { Locator, Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspect, LAYOUTS, logIn, logInAgain, long, prepare, test, VIEWS } from './support/fixtures'

const WIDE = VIEWS[0]
const NOA = '+972527614408'
const TOM = '+447911123456'

/** Delivers several messages through the bridge's webhook. */
async function receive(page: Page, daemon: Daemon, from: string, texts: readonly string[], name = ''): Promise<void> {
  for (const [at, text] of texts.entries()) {
    const answer = await page.request.post(`${daemon.url}/webhook/whatsapp/baileys`, {
      headers: { 'X-BAILEYS-SECRET': 'a-secret-for-the-tests-of-the-page' },
      data: { from: from.slice(1), text, provider_msg_id: `${from}${text}${at}`, push_name: name },
    })
    expect(answer.status()).toBe(204)
  }
}

async function open(
  page: Page,
  daemon: Daemon,
  path = '/app/inbox',
  view: (typeof VIEWS)[number] = WIDE,
): Promise<void> {
  await daemon.start()
  await prepare(page, view)
  await logIn(page, daemon)
  await page.goto(`${daemon.url}${path}`)
}

const row = (page: Page, name: string) => page.locator('.thread', { hasText: name })
const field = (page: Page) => page.locator('.write textarea')
const bubble = (page: Page, text: string) => page.locator('.trow .msg', { hasText: text })

for (const view of Object.values(LAYOUTS)) {
  test(`list and conversation, ${view.language} ${view.width}`, async ({ page, ownDaemon }) => {
    await open(page, ownDaemon, '/app/inbox', view)
    await expect(page.locator('.empty').first()).toBeVisible()
    await inspect(page, 'inbox-empty', view)

    await ownDaemon.call()
    await receive(page, ownDaemon, TOM, ['Hi! Is Friday 10:30 still free?'], 'Tom Becker')
    await receive(page, ownDaemon, NOA, ['בוקר טוב רוני', 'אפשר להקדים את התור של מחר ל-10:00? C++'], 'נועה ברק')
    await expect(row(page, 'נועה ברק')).toHaveClass(/waits/)
    await expect(page.locator('.thread')).toHaveCount(3)
    await inspect(page, 'inbox-list', view)

    await row(page, 'נועה ברק').click()
    await expect(bubble(page, 'בוקר טוב רוני')).toBeVisible()
    await expect(page.locator('.trow .fresh')).toBeVisible()
    await expect(page.locator('.day .heb')).toContainText(/״|׳/)
    await inspect(page, 'inbox-thread', view)
    // A screen reader pronounces each text in its language.
    await expect(bubble(page, 'בוקר טוב').locator('.plain')).toHaveAttribute('lang', 'he')
    if (view.width === 390) {
      await expect(page.locator('.pane.list')).toBeHidden()
      // The back button closes first the sheet, then the conversation.
      await page.getByRole('button', { name: 'More', exact: true }).last().click()
      await page.getByRole('menuitem', { name: 'New task' }).click()
      await expect(page.getByRole('dialog')).toBeVisible()
      await page.goBack()
      await expect(page.getByRole('dialog')).toHaveCount(0)
      await expect(bubble(page, 'בוקר טוב')).toBeVisible()
      await page.goBack()
      await expect(page.locator('.pane.list')).toBeVisible()
    }
  })
}

test('a new message is shown at once, and the filters select', async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  await receive(page, ownDaemon, NOA, ['ראשונה'], 'נועה ברק')
  await row(page, 'נועה ברק').click()
  await expect(bubble(page, 'ראשונה')).toBeVisible()
  const announced = await page.locator('.conv [role=log]').evaluateHandle(log => {
    const texts: string[] = []
    const read = (nodes: NodeList) => texts.push(...[...nodes].map(node => node.textContent ?? ''))
    new MutationObserver(changes => {
      for (const { addedNodes } of changes) read(addedNodes)
    }).observe(log, { childList: true, subtree: true, characterData: true })
    return texts
  })
  await receive(page, ownDaemon, NOA, ['שנייה, בלי רענון'])
  await expect(bubble(page, 'שנייה, בלי רענון')).toBeVisible()
  // Another message announces nothing a second time, and no announcement contains a time.
  await receive(page, ownDaemon, NOA, ['שלישית'])
  await expect(bubble(page, 'שלישית')).toBeVisible()
  await expect.poll(() => announced.jsonValue()).toHaveLength(2)
  const texts = await announced.jsonValue()
  expect(texts.map(text => text.replace(/[\u2066-\u2069]/g, ''))).toEqual([
    'נועה ברק: שנייה, בלי רענון',
    'נועה ברק: שלישית',
  ])
  // A list that cannot be fetched again after a change says so, on every page.
  await page.route('**/api/inbox?*', route => route.fulfill({ status: 500, json: {} }))
  await receive(page, ownDaemon, NOA, ['רביעית'])
  const strip = page.locator('.strip.part')
  await expect(strip).toContainText(/מה שמוצג נכון ל־\d+:\d\d/)
  await page.unroute('**/api/inbox?*')
  await strip.getByRole('button', { name: 'לנסות שוב' }).click()
  await expect(strip).toHaveCount(0)
  await expect(row(page, 'נועה ברק')).toContainText('רביעית')
  await receive(page, ownDaemon, TOM, ['Hello'], 'Tom Becker')
  await page.getByRole('button', { name: /ממתינות לי/ }).click()
  await expect(page).toHaveURL(/filter=waiting/)
  await expect(page.locator('.thread')).toHaveCount(2)
  await page.getByRole('button', { name: /טופל/ }).click()
  await expect(row(page, 'נועה ברק')).toHaveCount(0)
  await page.getByRole('button', { name: 'ארכיון', exact: true }).click()
  await expect(page.getByText('הארכיון ריק')).toBeVisible()
})

test('a message that arrives while the code of the page loads is in the list', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, WIDE)
  await logIn(page, ownDaemon)
  let release = () => {}
  const arrived = new Promise<void>(resolve => {
    release = resolve
  })
  await page.route(/InboxPage[^/]*\.js/, async route => {
    await arrived
    await route.continue()
  })
  // The HTML file preloads the list, which is still empty at that time.
  const list = page.waitForResponse('**/api/inbox?*')
  await page.goto(`${ownDaemon.url}/app/inbox`, { waitUntil: 'commit' })
  await list
  await receive(page, ownDaemon, NOA, ['שלום'], 'נועה ברק')
  await expect(page.locator('.rail a[href="/app/inbox"] .n')).toContainText('1')
  release()
  await expect(row(page, 'נועה ברק')).toBeVisible()
})

test('under the pointer, a long list gets its next pages, and no row moves', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  const number = (at: number) => `+97252700${1000 + at}`
  for (let at = 0; at < 120; at++) await ownDaemon.receive('שלום', number(at), `לקוח ${at}`)
  await prepare(page, WIDE)
  await logIn(page, ownDaemon)
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  await page.route('**/api/inbox?*', async route => {
    await released
    await route.continue()
  })
  await page.goto(`${ownDaemon.url}/app/inbox`)
  const list = page.locator('.pane.list > .scroll')
  const rows = list.locator('.threads .thread')
  // The pointer is over the list before its rows are loaded.
  await list.hover()
  release()
  await expect(rows.first()).toContainText('לקוח 119')
  // The next page is fetched before the end of the list is in view.
  const fetched = page.waitForResponse(/\/api\/inbox\?.*cursor=/)
  await list.evaluate(element => {
    element.scrollTop = element.scrollHeight - element.clientHeight - 400
  })
  await fetched
  const row = rows.filter({ hasText: /לקוח 72(?!\d)/ })
  const place = () => row.locator('..').getAttribute('aria-posinset')
  await expect.poll(place).toBe('48')
  await expect(list.locator('.fresh-rows')).toHaveCount(0)
  await ownDaemon.receive('עוד משהו', number(72))
  await expect(list.locator('.fresh-rows')).toHaveText('עדכון הסדר')
  await expect(row).toContainText('עוד משהו')
  expect(await place()).toBe('48')
})

test('a message is held for 3 s, can be stopped, and is sent once', async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  await receive(page, ownDaemon, NOA, ['שלום'], 'נועה ברק')
  await row(page, 'נועה ברק').click()
  await field(page).fill('מגיעה תשובה')
  await field(page).press('Enter')
  await expect(field(page)).toHaveValue('')
  await page.getByRole('button', { name: 'עצירה' }).click()
  await expect(field(page)).toHaveValue('מגיעה תשובה')
  await expect(bubble(page, 'מגיעה תשובה')).toHaveCount(0)

  await field(page).press('Enter')
  await expect(bubble(page, 'מגיעה תשובה').locator('.ticks')).toContainText('ממתין לשליחה')
  await expect(page.locator('.msg.outgoing')).toHaveCount(0, { timeout: 10_000 })
  await expect(bubble(page, 'מגיעה תשובה')).toHaveCount(1)
  await expect(row(page, 'נועה ברק')).not.toHaveClass(/waits/)
})

test('a message written without a connection is sent once when it is back', async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  await receive(page, ownDaemon, NOA, ['שלום'], 'נועה ברק')
  await row(page, 'נועה ברק').click()
  await expect(bubble(page, 'שלום')).toBeVisible()
  await ownDaemon.stop()
  await field(page).fill('נכתב בלי חיבור')
  await field(page).press('Enter')
  await expect(bubble(page, 'נכתב בלי חיבור')).toContainText('יישלח כשהחיבור יחזור', { timeout: 10_000 })
  await ownDaemon.start()
  await page.reload()
  await row(page, 'נועה ברק').click()
  await expect(bubble(page, 'נכתב בלי חיבור')).toHaveCount(1)
  await expect(page.locator('.msg.outgoing')).toHaveCount(0, { timeout: 12_000 })
  await expect(bubble(page, 'נכתב בלי חיבור')).toHaveCount(1)
})

test('a draft is there on the other device', async ({ page, ownDaemon, browser }) => {
  await open(page, ownDaemon)
  await receive(page, ownDaemon, NOA, ['שלום'], 'נועה ברק')
  await row(page, 'נועה ברק').click()
  await field(page).fill('חצי תשובה')
  const other = await (await browser.newContext()).newPage()
  await prepare(other, WIDE)
  // The clock of this device is ten minutes fast. Relative times follow the daemon's clock.
  await other.addInitScript(() => {
    const Real = Date
    const now = () => Real.now() + 600_000
    globalThis.Date = new Proxy(Real, {
      construct: (target, parts) => Reflect.construct(target, parts.length > 0 ? parts : [now()]),
      get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
    })
  })
  await logInAgain(other, ownDaemon)
  await other.goto(`${ownDaemon.url}/app/inbox`)
  await expect(row(other, 'נועה ברק').locator('.when')).toHaveText(/^(עכשיו|לפני דקה|לפני [2-4] דק׳)$/)
  await expect(row(other, 'נועה ברק')).toContainText(/טיוטה:\s*חצי תשובה/)
  await row(other, 'נועה ברק').click()
  await expect(field(other)).toHaveValue('חצי תשובה')
  await field(other).fill('תשובה שלמה')
  await expect(field(page)).toHaveValue('תשובה שלמה')
  await other.context().close()
})

test('a new message to a contact is one step in the history', async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  await receive(page, ownDaemon, NOA, ['שלום'], 'נועה ברק')
  await receive(page, ownDaemon, TOM, ['Hello'], 'Tom Becker')
  await row(page, 'נועה ברק').click()
  await expect(bubble(page, 'שלום')).toBeVisible()
  const dialog = page.getByRole('dialog')
  await page.getByRole('button', { name: 'הודעה חדשה', exact: true }).click()
  await dialog.getByRole('textbox').fill('Tom')
  await dialog.getByRole('button', { name: /Tom Becker/ }).click()
  await expect(bubble(page, 'Hello')).toBeVisible()
  await page.goBack()
  await expect(bubble(page, 'שלום')).toBeVisible()
  await page.goBack()
  await expect(page).toHaveURL(/\/app\/inbox$/)
})

test('keys by their place on the keyboard: next, reply, archive with undo', async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  await receive(page, ownDaemon, TOM, ['Hello'], 'Tom Becker')
  await receive(page, ownDaemon, NOA, ['שלום'], 'נועה ברק')
  await expect(page.locator('.thread')).toHaveCount(2)
  // In the Hebrew layout the letter differs, but the physical key is the same.
  const press = (code: string, key: string, repeat = false) =>
    page.evaluate(
      ([code, key, repeat]) =>
        dispatchEvent(new KeyboardEvent('keydown', { code, key, repeat, bubbles: true, cancelable: true })),
      [code, key, repeat] as const,
    )
  await press('KeyJ', 'ח')
  await expect(row(page, 'נועה ברק')).toHaveAttribute('aria-current', 'true')
  await press('KeyJ', 'ח')
  await expect(row(page, 'Tom Becker')).toHaveAttribute('aria-current', 'true')
  await expect(field(page)).toBeVisible()
  await press('KeyR', 'ר')
  await expect(field(page)).toBeFocused()
  await field(page).press('Escape')
  await press('KeyE', 'ק')
  await expect(row(page, 'Tom Becker')).toHaveCount(0)
  await expect(page).toHaveURL(/\/app\/inbox\/\d+$/)
  // The user holds the key down. The conversation that is open now stays.
  await press('KeyE', 'ק', true)
  await expect(page.locator('.thread[aria-current=true]')).toContainText('נועה ברק')
  await page.getByRole('button', { name: 'ביטול' }).click()
  await expect(row(page, 'Tom Becker')).toBeVisible()
})

test('a long history: nothing jumps, and the first message is reached', long, async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  const texts = Array.from({ length: 130 }, (_, at) =>
    at % 7 === 1 ? `הודעה מספר ${at + 1}\nעם שורה שנייה` : `הודעה מספר ${at + 1}`,
  )
  await receive(page, ownDaemon, NOA, texts, 'נועה ברק')
  await page.reload()
  await row(page, 'נועה ברק').click()
  const talk = page.locator('.talk.scroll')
  await expect(talk.locator('.msg').first()).toBeVisible()
  expect(await talk.locator('.msg').count()).toBeLessThan(60)
  const first = page.locator('.trow').getByText('הודעה מספר 1', { exact: true })
  await expect(async () => {
    await talk.evaluate(element => {
      element.scrollTop = 0
    })
    await expect(first).toBeVisible({ timeout: 500 })
  }).toPass({ timeout: 15_000 })

  // A restart of the daemon while the user writes: the place and the text stay.
  await field(page).fill('באמצע משפט')
  const place = await standing(first)
  await ownDaemon.stop()
  await expect(page.locator('.strip.off')).toContainText(/נכון ל־\d+:\d\d/, { timeout: 15_000 })
  await ownDaemon.start()
  await expect(page.locator('.strip.off')).toHaveCount(0, { timeout: 15_000 })
  expect(Math.abs((await standing(first)) - place)).toBeLessThan(3)
  await expect(field(page)).toHaveValue('באמצע משפט')
})

test('a quote leads to its message each time', long, async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  const texts = Array.from({ length: 40 }, (_, at) => `הודעה מספר ${at + 1}`)
  await receive(page, ownDaemon, NOA, texts, 'נועה ברק')
  // The last message quotes the first one.
  await page.route('**/api/contacts/*/timeline?*', async route => {
    const response = await route.fetch({ maxRetries: 2 })
    const body = await response.json()
    const messages = body.items.filter(({ message }: { message: unknown }) => message)
    const quote = { message_id: messages.at(0)?.message.id, content_text: texts[0], direction: 'in' }
    Object.assign(messages.at(-1)?.message ?? {}, { quote })
    await route.fulfill({ json: body })
  })
  await row(page, 'נועה ברק').click()
  const talk = page.locator('.talk.scroll')
  const quote = talk.locator('button.quote')
  const found = talk.locator('.msg.found')
  for (let time = 0; time < 2; time++) {
    await expect(async () => {
      await talk.press('End')
      await expect(quote).toBeVisible({ timeout: 500 })
    }).toPass({ timeout: 15_000 })
    await quote.click()
    await expect(found).toBeInViewport()
    await expect(found).toContainText('הודעה מספר 1')
    await expect(found).toHaveCount(0)
  }
})

test('each paragraph has the direction of its words, not of a link, a number or code before them', async ({
  page,
  ownDaemon,
}) => {
  await open(page, ownDaemon)
  await expect(page.locator('.empty').first()).toBeVisible()
  // Each text, words of its first line, and the words that follow them in the same line or begin the next line.
  const cases = [
    ['https://example.com/menu?a=1 תודה רבה', 'https', 'תודה'],
    ['😀👍 בוקר טוב', '😀', 'בוקר'],
    ['`npm install` לא עובד אצלי', 'npm', 'לא'],
    ['4471 הקוד שלי', '4471', 'הקוד'],
    ['שלום לכם, אפשר לקבוע?\nHi', 'אפשר לקבוע?', 'Hi'],
    ['Hello, is it still open today?\nשלום', 'today', 'שלום'],
  ] as const
  await receive(
    page,
    ownDaemon,
    NOA,
    cases.map(([text]) => text),
    'נועה ברק',
  )
  await row(page, 'נועה ברק').click()
  await expect(page.locator('.trow .msg')).toHaveCount(cases.length)
  for (const [text, first, second] of cases) {
    const [from, to] = await bubble(page, first)
      .locator('.plain')
      .evaluate(
        (element, words) =>
          words.map(words => {
            const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
              const from = node.textContent?.indexOf(words) ?? -1
              if (from < 0) continue
              const range = document.createRange()
              range.setStart(node, from)
              range.setEnd(node, from + words.length)
              const { left, right } = range.getBoundingClientRect()
              return { left, right }
            }
            throw new Error(`«${words}» is not in ${element.textContent}`)
          }),
        [first, second],
      )
    if (!from || !to) throw new Error(text)
    // Hebrew begins at the right, and an English line under a Hebrew one at the left.
    if (second === 'Hi') expect(to.left - from.left, text).toBeLessThan(2)
    else if (second === 'שלום') expect(to.right - from.left, text).toBeGreaterThan(20)
    else expect(from.left, text).toBeGreaterThan(to.right - 1)
  }
})

/**
 * Returns the position of an element once the list has measured its rows: the position is then the same in consecutive
 * frames.
 */
const standing = (element: Locator): Promise<number> =>
  element.evaluate(
    node =>
      new Promise<number>(resolve => {
        const look = (before: number, same: number) =>
          requestAnimationFrame(() => {
            const { top } = node.getBoundingClientRect()
            if (top === before && same >= 10) resolve(top)
            else look(top, top === before ? same + 1 : 0)
          })
        look(Number.NaN, 0)
      }),
  )

test('a link to an old message finds it, and the list stays there', long, async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  const texts = Array.from({ length: 130 }, (_, at) => `הודעה מספר ${at + 1}`)
  await receive(page, ownDaemon, NOA, texts, 'נועה ברק')
  await page.reload()
  await row(page, 'נועה ברק').click()
  await expect(page.locator('.talk.scroll .msg').first()).toBeVisible()
  const contact = Number(new URL(page.url()).pathname.split('/').at(-1))
  const answer = await page.request.get(`${ownDaemon.url}/api/contacts/${contact}/timeline?limit=200`)
  const items = (await answer.json()).items as { message?: { id: number; content_text: string } }[]
  const wanted = items.find(({ message }) => message?.content_text === 'הודעה מספר 12')?.message?.id
  await page.goto(`${ownDaemon.url}/app/inbox/${contact}?message=${wanted}`)
  const found = page.locator('.trow').getByText('הודעה מספר 12', { exact: true })
  await expect(found).toBeInViewport({ timeout: 15_000 })
  // Older entries are loaded above the found entry, and a new one arrives below it. The found entry must not move.
  await expect(page.locator('.trow', { hasText: 'הודעה מספר 5' }).first()).toBeAttached()
  const middle = await standing(found)
  const response = page.waitForResponse(/timeline/)
  await receive(page, ownDaemon, NOA, ['חדשה למטה'])
  await response
  await expect(page.locator('.to-end')).toContainText('הודעה חדשה')
  expect(Math.abs((await standing(found)) - middle)).toBeLessThan(3)
  // The user scrolls on, and the list must not jump back.
  await page.locator('.talk.scroll').hover()
  await page.mouse.wheel(0, 1500)
  await expect(found).not.toBeInViewport()
  await receive(page, ownDaemon, NOA, ['עוד אחת'])
  await expect(page.locator('.to-end')).toContainText('2 חדשות')
  await expect(found).not.toBeInViewport()
})

for (const engine of ['realtime', 'pipeline', 'voicemail']) {
  test(`a call that the engine ${engine} answered says who answered`, async ({ page, ownDaemon }) => {
    await ownDaemon.start()
    await prepare(page, WIDE)
    await logIn(page, ownDaemon)
    await ownDaemon.call()
    await page.route('**/timeline*', async route => {
      const response = await route.fetch()
      const body = await response.json()
      for (const { call } of body.items) if (call) Object.assign(call, { engine, outcome: 'answered' })
      await route.fulfill({ response, json: body })
    })
    await page.goto(`${ownDaemon.url}/app/inbox`)
    await page.locator('.thread').click()
    const card = page.locator('.call-card')
    await expect(card).toBeVisible()
    await expect(card.locator('.chip')).toHaveText(engine === 'voicemail' ? [] : ['ענה הסוכן'])
  })
}

test('a call that was cut off shows its length, who answered, and the way to its transcript', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await prepare(page, WIDE)
  await logIn(page, ownDaemon)
  await ownDaemon.call()
  const cut = { engine: 'realtime', outcome: 'failed', answered_at: '2026-11-20T08:00:00.000Z', duration_ms: 83_000 }
  await page.route('**/timeline*', async route => {
    const response = await route.fetch()
    const body = await response.json()
    for (const { call } of body.items) if (call) Object.assign(call, cut)
    await route.fulfill({ response, json: body })
  })
  await page.goto(`${ownDaemon.url}/app/inbox`)
  await page.locator('.thread').click()
  const card = page.locator('.call-card')
  await expect(card.locator('.top')).toContainText('1:23')
  await expect(card.locator('.chip')).toHaveText('ענה הסוכן')
  await expect(card.getByRole('link', { name: 'לשיחה המלאה' })).toBeVisible()
  // The caller waits for an answer.
  await expect(card.getByRole('link', { name: 'חיוג' })).toBeVisible()
})

test('the button for an appointment opens the form of a new one for this contact', async ({ page, ownDaemon }) => {
  await open(page, ownDaemon)
  const { send } = await owner(page, ownDaemon)
  await send('POST', '/api/services', { name: 'תספורת', duration_min: 60 })
  await receive(page, ownDaemon, NOA, ['שלום'], 'נועה ברק')
  await row(page, 'נועה ברק').click()
  await page.locator('.facts').getByRole('link', { name: 'קביעת תור' }).click()
  await expect(page.getByRole('dialog')).toContainText('נועה ברק')
})

test('the timeline shows only notes, or only messages, until everything is shown again', async ({
  page,
  ownDaemon,
}) => {
  await open(page, ownDaemon)
  await receive(page, ownDaemon, NOA, ['בוקר טוב'], 'נועה ברק')
  await row(page, 'נועה ברק').click()
  const filter = async (name: string) => {
    await page.getByRole('button', { name: 'מה מוצג' }).click()
    await page.getByRole('menuitemradio', { name, exact: true }).click()
  }
  const [messages, notes] = ['message', 'note'].map(kind => page.locator(`.trow[data-row^="${kind}-"]`)) as [
    Locator,
    Locator,
  ]
  await expect(messages).toHaveCount(1)
  await filter('הערות')
  await expect(page.getByText('אין כאן כאלה')).toBeVisible()
  await inspect(page, 'inbox-filtered', LAYOUTS.desktop)
  // A change reaches the shown entries.
  const api = await owner(page, ownDaemon)
  await api.send('POST', `/api/contacts/${(await contactOf(api, NOA)).id}/notes`, { text: 'אלרגית לאמוניה' })
  await expect(notes).toHaveCount(1)
  await expect(messages).toHaveCount(0)
  await filter('הודעות')
  await expect(messages).toHaveCount(1)
  await expect(notes).toHaveCount(0)
  await page.getByRole('button', { name: 'הצגת הכול' }).click()
  await expect(page.getByText('מוצגות רק')).toHaveCount(0)
  await expect(messages).toHaveCount(1)
  await expect(notes).toHaveCount(1)
})

test('a reload keeps the search of the list', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  await ownDaemon.receive('שלום', '+972509876543', 'דנה כהן')
  await ownDaemon.receive('היי', '+972523334455', 'אבי לוי')
  await owner(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/inbox`)
  await expect(page.locator('.thread')).toHaveCount(2)
  await page.locator('.list').getByRole('button', { name: 'חיפוש' }).click()
  const field = page.getByRole('searchbox', { name: 'חיפוש בפניות' })
  await expect(field).toBeFocused()
  await field.pressSequentially('דנה כה')
  await expect(page.locator('.thread')).toHaveCount(1)
  await page.locator('.thread').first().click()
  await page.getByRole('button', { name: 'ממתינות לי' }).click()
  await page.reload()
  await expect(field).toHaveValue('דנה כה')
  await expect(page.locator('.thread')).toHaveCount(1)
  await page.getByRole('button', { name: 'סגירת החיפוש' }).click()
  await expect(page.locator('.thread')).toHaveCount(2)
  expect(new URL(page.url()).searchParams.get('q')).toBeNull()
})
