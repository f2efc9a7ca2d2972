import { expect, inspect, layouts, logIn, long, prepare, test, VIEWS } from './support/fixtures'

const alert = (kind: string, more: object = {}) => ({
  kind,
  state: 'raised',
  muted: false,
  muted_until: null,
  cleared_at: null,
  since: '2026-11-20T08:00:00.000Z',
  headline: { he: `כותרת ${kind}`, en: `Headline ${kind}` },
  // Longer than a line of a phone.
  detail: {
    he: 'פרטים: 900 MB',
    en: 'Details: only 900 MB are free on the disk, and each backup needs 1,200 MB of it',
  },
  remedy: { he: 'מה לעשות', en: 'What to do' },
  deliveries: [],
  ...more,
})

for (const view of layouts('phone')) {
  test(`problems with their buttons, ${view.language} ${view.width}`, async ({ page, daemon }) => {
    await prepare(page, view)
    await logIn(page, daemon)
    let items = [alert('disk_low'), alert('bridge_link'), alert('outbox_held'), alert('backup', { muted: true })]
    await page.route('**/api/alerts', route => route.fulfill({ json: { items, next_cursor: null } }))
    const requests: string[] = []
    await page.route('**/api/alerts/*/mute', route => {
      requests.push(`${route.request().method()} ${route.request().postData() ?? ''}`)
      items = items.map(one => (one.kind === 'disk_low' ? { ...one, muted: route.request().method() === 'POST' } : one))
      return route.fulfill({ json: { ok: true } })
    })
    await page.goto(`${daemon.url}/app/problems`)
    await expect(page.locator('.problem.bad')).toHaveCount(1)
    await expect(page.locator('.problem.warn')).toHaveCount(2)
    await expect(page.locator('.urgent .n').first()).toContainText('3')
    await inspect(page, 'problems-raised', view)
    await page.locator('.problem.bad .btn').last().click()
    await page.getByRole('menuitem').first().click()
    await expect(page.locator('.problem.bad')).toHaveCount(0)
    await page.locator('.toast .btn').first().click()
    await expect(page.locator('.problem.bad')).toHaveCount(1)
    expect(requests[0]).toBe('POST {"hours":24}')
    expect(requests[1]).toMatch(/^DELETE/)
  })
}

test('a line of a problem has the direction of the page, and names the check', async ({ page, daemon }) => {
  await prepare(page, VIEWS[1])
  await logIn(page, daemon)
  const detail = { he: 'openai: OpenAI ענה 404\nwebhooks: no answer.', en: 'openai: OpenAI answered 404' }
  const items = [alert('self_check', { detail })]
  await page.route('**/api/alerts', route => route.fulfill({ json: { items, next_cursor: null } }))
  await page.goto(`${daemon.url}/app/problems`)
  const lines = page.locator('.problem .alert-text')
  await expect(lines).toHaveText(['שירות ה־AI: OpenAI ענה 404', 'הפניית השיחות: no answer.', 'מה לעשות'])
  await expect(lines.first()).toHaveCSS('direction', 'rtl')
  await expect(lines.first()).toHaveCSS('unicode-bidi', /isolate|normal/)
  await expect(lines.nth(1).locator('span')).toHaveAttribute('dir', 'ltr')
  await inspect(page, 'problems-check', VIEWS[1])
})

for (const view of layouts('desktop')) {
  test(`the history of problems, ${view.language} ${view.width}`, long, async ({ page, ownDaemon }) => {
    await prepare(page, view)
    await ownDaemon.start()
    await logIn(page, ownDaemon)
    await page.goto(`${ownDaemon.url}/app/problems`)
    await page.locator('a[href="/app/problems/history"]').click()
    await expect(page.locator('.empty')).toBeVisible()
    await inspect(page, 'problems-history-empty', view)
    await ownDaemon.stop()
    await ownDaemon.database(database => {
      const add = database.prepare('INSERT INTO alert_events(at, kind, transition, channel) VALUES (?, ?, ?, ?)')
      for (let at = 0; at < 60; at++) {
        const day = `2026-10-${String(1 + Math.floor(at / 4)).padStart(2, '0')}`
        add.run(`${day}T08:00:00.000Z`, 'disk_low', 'raised', '')
        add.run(`${day}T08:00:01.000Z`, 'disk_low', 'raised', 'mail')
        add.run(`${day}T10:30:00.000Z`, 'disk_low', 'cleared', '')
      }
      add.run('2026-11-01T10:30:00.000Z', 'of_another_release', 'raised', '')
    })
    await ownDaemon.start()
    await page.reload()
    const events = page.locator('.alert-events li')
    await expect(events.filter({ hasText: 'of_another_release' })).toHaveCount(1)
    const cleared = events.filter({ hasText: view.language === 'he' ? 'נפתרה' : 'Cleared' }).first()
    await expect(cleared).toContainText(view.language === 'he' ? 'נמשכה' : 'lasted 2')
    await inspect(page, 'problems-history', view)
    // The next page is loaded when the end of the list is visible.
    const before = await events.count()
    await events.last().scrollIntoViewIfNeeded()
    await expect.poll(() => events.count()).toBeGreaterThan(before)
  })
}

test('a list that does not load says so, and retries', async ({ page, daemon }) => {
  await prepare(page, VIEWS[2])
  await logIn(page, daemon)
  let works = false
  await page.route('**/api/alerts', route =>
    works
      ? route.continue()
      : route.fulfill({ status: 403, json: { ok: false, error: { code: 'forbidden', message: 'no' } } }),
  )
  // When the event stream opens, the page repeats failed requests, and requests the version.
  const opened = page.waitForResponse(response => response.request().method() === 'HEAD')
  await page.goto(`${daemon.url}/app/problems`)
  await opened
  await expect(page.getByRole('alert')).toContainText('You are not allowed to do this')
  works = true
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('All is well')).toBeVisible()
})

test('the path of a file in a problem is read from left to right', async ({ page, daemon }) => {
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  const path = '/var/lib/agentlocator/before-change.db'
  const detail = { he: `הנתונים נשמרו ב־${path}; לחזור אליהם: \`agentlocator restore ${path}\`.`, en: '' }
  await page.route('**/api/alerts', route =>
    route.fulfill({ json: { items: [alert('disk_low', { detail })], next_cursor: null } }),
  )
  await page.goto(`${daemon.url}/app/problems`)
  await expect(page.locator('.problem code[dir=ltr]')).toHaveText([path, `agentlocator restore ${path}`])
})

test('the problem of undelivered messages leads to their conversations', async ({ page, daemon }) => {
  await prepare(page, VIEWS[0])
  await logIn(page, daemon)
  const items = [alert('outbox_undelivered')]
  await page.route('**/api/alerts', route => route.fulfill({ json: { items, next_cursor: null } }))
  await page.goto(`${daemon.url}/app/problems`)
  await page.getByRole('link', { name: 'למי לא נמסר' }).click()
  await expect(page).toHaveURL(/\/app\/inbox\?filter=undelivered$/)
  await expect(page.locator('.filters [aria-pressed=true]')).toHaveText('לא נמסרו')
  const empty = page.locator('.empty', { hasText: 'כל ההודעות נמסרו' })
  await empty.getByRole('button', { name: 'לכל הפניות' }).click()
  await expect(empty).toHaveCount(0)
  await expect(page.locator('.filters button')).toHaveCount(4)
})
