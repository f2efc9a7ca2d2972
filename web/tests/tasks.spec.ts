import { contactOf, owner } from './support/api'
import { expect, inspect, prepare, test, VIEWS } from './support/fixtures'

const DANA = '+972509876543'

test('a task is done on the card of its contact after the list of tasks was open', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  await ownDaemon.receive('שלום', DANA)
  const api = await owner(page, ownDaemon)
  const dana = await contactOf(api, DANA)
  await api.send('PATCH', `/api/contacts/${dana.id}`, { display_name: 'דנה כהן' })
  await api.send('POST', '/api/tasks', { title: 'לחזור עם מחיר', contact_id: dana.id })
  await page.goto(`${ownDaemon.url}/app/tasks`)
  await expect(page.locator('.task')).toHaveCount(1)
  // Navigates without a reload, so that the list of tasks stays cached as pages.
  await page.locator('.rail').getByRole('link', { name: 'לקוחות' }).click()
  await page.getByRole('link', { name: 'דנה כהן' }).first().click()
  await page.getByRole('checkbox', { name: 'לחזור עם מחיר, סימון כבוצעה' }).click()
  await expect(page.locator('.toast')).toContainText('המשימה בוצעה')
  await expect(page.locator('.task')).toHaveCount(0)
  await page.locator('.rail').getByRole('link', { name: 'משימות' }).click()
  await expect(page.locator('.task')).toHaveCount(0)
  await page.locator('.toast').getByRole('button', { name: 'ביטול' }).click()
  await expect(page.locator('.task')).toHaveCount(1)
})

test('a task gets another day, a time and an assignee', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[3])
  await ownDaemon.start()
  const api = await owner(page, ownDaemon)
  const gal = await api.send<{ id: number }>('POST', '/api/users', {
    name: 'gal',
    role: 'staff',
    password: 'correct horse 7',
  })
  const { id } = await api.send<{ id: number }>('POST', '/api/tasks', { title: 'call Dana' })
  const task = () =>
    api.get<{ due_date: string | null; due_at: string | null; assignee: number | null }>(`/api/tasks/${id}`)
  const change = async (typed: string) => {
    await page.getByRole('button', { name: 'call Dana' }).click()
    await page.getByRole('textbox', { name: 'Another day' }).fill(typed)
  }
  const save = page.getByRole('button', { name: 'Save' })
  await page.goto(`${ownDaemon.url}/app/tasks`)
  await change('some day')
  await expect(page.getByText('A day is written like this')).toBeVisible()
  await expect(save).toBeDisabled()
  await page.getByRole('textbox', { name: 'Another day' }).fill('24.12')
  await page.getByRole('radio', { name: 'gal' }).click()
  await inspect(page, 'task-edit', VIEWS[3])
  await save.click()
  await expect(page.locator('.task')).toContainText('gal')
  const dated = await task()
  expect([dated.due_date?.slice(5), dated.due_at, dated.assignee]).toEqual(['12-24', null, gal.id])
  await change('24.12 at 10:00')
  await save.click()
  await expect(page.locator('.task')).toContainText('10:00')
  const timed = await task()
  expect([timed.due_date, timed.due_at?.slice(5, 10), timed.assignee]).toEqual([null, '12-24', gal.id])
  await page.getByRole('button', { name: 'call Dana' }).click()
  await page.getByRole('radio', { name: 'No date' }).click()
  await page.getByRole('radio', { name: 'Anyone' }).click()
  await save.click()
  await expect.poll(task).toMatchObject({ due_date: null, due_at: null, assignee: null })
})

test('only what was changed of a task is saved, with undo, and a lit day stays when it is pressed', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  const api = await owner(page, ownDaemon)
  const day = (count: number) =>
    new Date(Date.now() + count * 86_400_000).toLocaleDateString('en-CA', { timeZone: 'Asia/Jerusalem' })
  const tomorrow = day(1)
  const { id } = await api.send<{ id: number }>('POST', '/api/tasks', { title: 'להתקשר', due_date: tomorrow })
  const task = () => api.get<{ title: string; due_date: string | null }>(`/api/tasks/${id}`)
  await page.goto(`${ownDaemon.url}/app/tasks`)
  await page.getByRole('button', { name: 'להתקשר' }).click()
  await page.getByRole('textbox', { name: 'יום אחר' }).fill('היום')
  await page.getByRole('radio', { name: 'היום' }).click()
  await expect(page.getByRole('radio', { name: 'היום' })).toHaveAttribute('aria-checked', 'true')
  // Waits until the page has fetched the new title, before it saves.
  const fetched = page.waitForResponse(async answer => (await answer.text().catch(() => '')).includes('להתקשר לדנה'))
  await api.send('PATCH', `/api/tasks/${id}`, { title: 'להתקשר לדנה' })
  await fetched
  await page.getByRole('button', { name: 'שמירה' }).click()
  await expect.poll(task).toMatchObject({ title: 'להתקשר לדנה', due_date: day(0) })
  await page.locator('.toast').getByRole('button', { name: 'ביטול' }).click()
  await expect.poll(task).toMatchObject({ title: 'להתקשר לדנה', due_date: tomorrow })
})

test('the start page shows eight due tasks and how many there are, and explains the tasks when none is due', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  const api = await owner(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/today`)
  const section = page.getByRole('region', { name: 'משימות' })
  await expect(section).toContainText('אין משימות להיום')
  await inspect(page, 'today-no-tasks', VIEWS[0])
  await api.send('POST', '/api/tasks', { title: 'לשלם', due_date: '2050-01-05' })
  await expect(section.getByRole('link', { name: 'משימה אחת בהמשך' })).toBeVisible()
  for (let count = 1; count <= 10; count++) await api.send('POST', '/api/tasks', { title: `משימה ${count}` })
  await expect(section.getByRole('heading').first()).toContainText('10')
  await expect(section.locator('.task')).toHaveCount(8)
  // The badge counts the same tasks.
  await expect(page.locator('.rail a[href="/app/tasks"] .n [aria-hidden]')).toHaveText('10')
  await section.getByRole('link', { name: 'עוד שתי משימות' }).click()
  await expect(page.locator('.task')).toHaveCount(11)
})

test('a word has the translation of its own feature: «ביטול» is to undo in a toast, whatever page is open', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[2])
  await ownDaemon.start()
  const api = await owner(page, ownDaemon)
  await api.send('POST', '/api/tasks', { title: 'call Dana' })
  await page.goto(`${ownDaemon.url}/app/tasks`)
  await page.getByRole('checkbox', { name: 'call Dana' }).click()
  await page.locator('.toast').getByRole('button', { name: 'Undo', exact: true }).click()
  await expect(page.locator('.task')).toHaveCount(1)
})

test('the next task can be typed while the previous one is stored', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  await owner(page, ownDaemon)
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  await page.route('**/api/tasks', async route => {
    if (route.request().method() === 'POST') await released
    await route.continue()
  })
  await page.goto(`${ownDaemon.url}/app/tasks`)
  const field = page.getByRole('textbox', { name: 'משימה חדשה' })
  await field.fill('להזמין צבע')
  await field.press('Enter')
  await field.fill('לשלם לספק')
  release()
  await expect(page.locator('.task')).toContainText('להזמין צבע')
  await expect(field).toHaveValue('לשלם לספק')
})

test('a retry after the page was left and opened again leaves no text that would add the task twice', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  const { get } = await owner(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/tasks`)
  const field = page.getByRole('textbox', { name: 'משימה חדשה' })
  await page.route('**/api/tasks', route => (route.request().method() === 'POST' ? route.abort() : route.continue()))
  await field.fill('להזמין צבע')
  await field.press('Enter')
  const retry = page.locator('.toast.error').getByRole('button', { name: 'לנסות שוב' })
  await retry.waitFor()
  await page.locator('.rail').getByRole('link', { name: 'יומן' }).click()
  await expect(page.locator('.cal')).toBeVisible()
  await page.goBack()
  await expect(field).toHaveValue('להזמין צבע')
  await page.unroute('**/api/tasks')
  await retry.click()
  await expect(page.locator('.task')).toContainText('להזמין צבע')
  await expect(field).toHaveValue('')
  expect((await get<{ items: unknown[] }>('/api/tasks')).items).toHaveLength(1)
})

test('two tasks that are done in a row both return with one undo', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  const { send } = await owner(page, ownDaemon)
  for (const title of ['משימה א', 'משימה ב']) await send('POST', '/api/tasks', { title })
  await page.goto(`${ownDaemon.url}/app/tasks`)
  const task = (title: string) => page.locator('.task', { hasText: title })
  for (const title of ['משימה א', 'משימה ב']) await task(title).getByRole('checkbox').click()
  await expect(page.locator('.toast')).toHaveCount(1)
  await page.locator('.toast').getByRole('button', { name: 'ביטול שתי הפעולות' }).click()
  for (const title of ['משימה א', 'משימה ב']) await expect(task(title).getByRole('checkbox')).not.toBeChecked()
})

test('the error of an outage becomes a calm offer to retry once the connection is back', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  await owner(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/tasks`)
  await page.locator('main').waitFor()
  await ownDaemon.stop()
  const field = page.getByRole('textbox', { name: 'משימה חדשה' })
  await field.fill('להזמין צבע')
  await field.press('Enter')
  await expect(page.locator('.toast.error')).toBeVisible()
  await expect(page.locator('.strip.off')).toContainText('שינויים אחרים לא יישמרו עד אז')
  await ownDaemon.start()
  await expect(page.locator('.toast.waiting')).toContainText('החיבור חזר', { timeout: 40_000 })
  await expect(page.locator('.toast.error')).toHaveCount(0)
  await page.locator('.toast.waiting').getByRole('button', { name: 'לנסות שוב' }).click()
  await expect(page.locator('.task')).toContainText('להזמין צבע')
  await expect(field).toHaveValue('')
})

test('a new task has a day, exists once after another try, and is not offered to be saved again', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  await ownDaemon.receive('שלום', DANA)
  const api = await owner(page, ownDaemon)
  const dana = await contactOf(api, DANA)
  const titles = async () => {
    const { items } = await api.get<{ items: { title: string }[] }>('/api/tasks?state=open')
    return items.map(({ title }) => title).sort()
  }
  /** The next request fails, before the daemon gets it or after it has answered. */
  const fail = (isLost: boolean) =>
    page.route(
      // The requests for lists have a query.
      url => url.pathname === '/api/tasks' && url.search === '',
      async route => {
        if (isLost) await route.fetch()
        return route.abort()
      },
      { times: 1 },
    )
  const field = page.getByRole('textbox', { name: 'משימה חדשה' })
  const again = page.getByRole('button', { name: 'לנסות שוב' })
  const expected: string[] = []
  for (const path of ['/app/tasks', `/app/contacts/${dana.id}`]) {
    await page.goto(`${ownDaemon.url}${path}`)
    for (const isLost of [false, true]) {
      const title = `${expected.length} לבדוק`
      expected.push(title)
      // The day is read on both pages.
      await field.fill(`${title} עד מחר`)
      await expect(page.getByRole('button', { name: 'להוסיף למחר' })).toBeVisible()
      await fail(isLost)
      await page.keyboard.press('Enter')
      await expect(again).toBeVisible()
      await field.press('Enter')
      await expect(field).toHaveValue('')
      await expect(again).toHaveCount(0)
      expect(await titles()).toEqual(expected)
    }
  }
})

test('a task from a conversation is due as its words say, unless the user chooses another time', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  await ownDaemon.receive('שלום', '+972527614408')
  const api = await owner(page, ownDaemon)
  const { id } = await contactOf(api, '+972527614408')
  const tasks = async () =>
    (await api.get<{ items: { title: string; due_at?: string | null; due_date?: string | null }[] }>('/api/tasks'))
      .items
  await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
  const dialog = page.getByRole('dialog')
  const add = async (words: string, choose?: () => Promise<void>) => {
    await page.getByRole('button', { name: 'משימה חדשה' }).click()
    await dialog.getByLabel('מה צריך לעשות').fill(words)
    await choose?.()
    await dialog.getByLabel('מה צריך לעשות').press('Enter')
    await expect(dialog).toHaveCount(0)
  }
  await add('להתקשר מחר ב־10')
  await add('לשלוח מחיר מחר', () => dialog.getByText('בלי תאריך').click())
  await add('לחדש חוזה', () => dialog.getByLabel('יום אחר, או יום ושעה').fill('24.12.2030 ב־17:00'))
  await add('לבדוק')
  const zone = 'Asia/Jerusalem'
  const today = new Date().toLocaleDateString('en-CA', { timeZone: zone })
  const found = await tasks()
  const of = (title: string) => found.find(task => task.title === title)
  const local = new Date(of('להתקשר')?.due_at ?? '').toLocaleTimeString('en-GB', { timeZone: zone })
  expect(local).toBe('10:00:00')
  expect(of('לשלוח מחיר מחר')?.due_date ?? null).toBeNull()
  expect(Date.parse(of('לחדש חוזה')?.due_at ?? '')).toBe(Date.parse('2030-12-24T15:00:00Z'))
  expect(of('לבדוק')?.due_date).toBe(today)
})
