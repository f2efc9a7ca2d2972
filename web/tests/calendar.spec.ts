import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspect, inspectAll, layouts, logIn, long, prepare, show, test, VIEWS } from './support/fixtures'
import { tabTo } from './support/keyboard'
import { visit } from './support/shop'

const NOA = '+972527614408'

interface Item {
  id: number
}

interface FreeSlots {
  slots: { starts_at: string }[]
}

/**
 * Creates a shop that is always open, with a service, two members of staff, a contact who waits for an answer, an
 * appointment at noon, and an overdue task.
 */
async function fill(page: Page, daemon: Daemon) {
  await daemon.start()
  await daemon.receive('אפשר להקדים את התור של מחר?', NOA)
  await logIn(page, daemon)
  const { send, get } = await owner(page, daemon)
  const noa = await contactOf({ send, get }, NOA)
  await send('PATCH', `/api/contacts/${noa.id}`, { display_name: 'נועה ברק' })
  const hours = Array.from({ length: 7 }, (_, weekday) => ({ weekday, from: '00:00', to: '24:00' }))
  await send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
  const service = await send<Item>('POST', '/api/services', { name: 'צבע', duration_min: 60, price_minor: 42000 })
  const yael = await send<Item>('POST', '/api/resources', { name: 'יעל', kind: 'staff' })
  await send('POST', '/api/tasks', { title: 'לאשר מחיר', contact_id: noa.id, due_date: '2026-01-05' })
  const free = () =>
    get<FreeSlots>(`/api/free-slots?service_id=${service.id}&resource_id=${yael.id}&days=3&step_min=60`)
  const { slots } = await free()
  // Not one of the first two slots, which may begin before the test ends. Noon is visible at every time of the day.
  const hour = ({ starts_at }: { starts_at: string }) =>
    new Date(starts_at).toLocaleTimeString('en-GB', { timeZone: 'Asia/Jerusalem', hour: '2-digit' })
  const slot = slots.slice(2).find(one => hour(one) === '12')
  if (!slot) throw new Error('there is no free time')
  const body = { contact_id: noa.id, service_id: service.id, resource_id: yael.id, starts_at: slot.starts_at }
  const appointment = await send<Item & { starts_at: string }>('POST', '/api/appointments', body)
  return { noa, service, yael, appointment, get, send }
}

test('today, tasks and the calendar', async ({ page, ownDaemon }) => {
  test.slow()
  await prepare(page, VIEWS[0])
  const { noa, appointment } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/today`)
  await expect(page.locator('.w')).toHaveCount(1)
  await expect(page.locator('.task')).toHaveCount(1)
  await inspectAll(page, 'today')
  await visit(page, '/app/tasks')
  await expect(page.locator('.task')).toHaveCount(1)
  await inspectAll(page, 'tasks')
  await visit(page, `/calendar?date=${appointment.starts_at.slice(0, 10)}`)
  await expect(page.locator('.ev, .strip7').first()).toBeVisible()
  await inspectAll(page, 'calendar')
  await visit(page, `/calendar?appointment=${appointment.id}`)
  await expect(page.getByRole('dialog')).toContainText('נועה ברק')
  await inspectAll(page, 'appointment')
  await visit(page, `/calendar?new=1&contact=${noa.id}`)
  await page.locator('.slot').first().waitFor()
  await inspectAll(page, 'appointment-new')
  for (const name of ['services', 'resources', 'hours', 'facts']) {
    await visit(page, `/app/settings/${name}`)
    await inspectAll(page, `settings-${name}`)
  }
})

test('an appointment is booked, moved and cancelled, each with undo', async ({ page, ownDaemon }) => {
  test.setTimeout(90_000)
  await prepare(page, VIEWS[0])
  const { noa, yael, appointment, get } = await fill(page, ownDaemon)
  const all = async () =>
    (await get<{ items: { id: number; state: string; starts_at: string }[] }>('/api/appointments')).items
  const undo = () => page.locator('.toast').last().getByRole('button', { name: 'ביטול' })

  await page.goto(`${ownDaemon.url}/calendar?new=1&contact=${noa.id}`)
  const dialog = page.getByRole('dialog')
  // With the keyboard alone.
  await tabTo(page, dialog.getByRole('radio', { name: 'יעל' }))
  await page.keyboard.press('Space')
  await tabTo(page, dialog.locator('.slot').first())
  for (let press = 0; press < 5; press++) await page.keyboard.press('ArrowLeft')
  await expect(dialog.locator('.slot').nth(5)).toBeFocused()
  await page.keyboard.press('Enter')
  await tabTo(page, dialog.getByRole('button', { name: /^לקבוע ל/ }))
  await page.keyboard.press('Enter')
  await expect(page.locator('.toast')).toContainText('נקבע תור')
  expect((await all()).filter(({ state }) => state === 'booked')).toHaveLength(2)
  await undo().click()
  await expect.poll(async () => (await all()).filter(({ state }) => state === 'booked').length).toBe(1)

  await page.goto(`${ownDaemon.url}/calendar?appointment=${appointment.id}`)
  await dialog.getByRole('button', { name: 'הזזה' }).click()
  await dialog.locator('.slot').last().click()
  await dialog.getByRole('button', { name: /^הזזה ל/ }).click()
  await expect(page.locator('.toast').last()).toContainText('הוזז')
  const moved = (await all()).find(({ id }) => id === appointment.id)
  expect(moved?.starts_at).not.toBe(appointment.starts_at)
  await undo().click()
  await expect
    .poll(async () => (await all()).find(({ id }) => id === appointment.id)?.starts_at)
    .toBe(appointment.starts_at)

  await page.goto(`${ownDaemon.url}/calendar?appointment=${appointment.id}`)
  await dialog.getByRole('button', { name: 'ביטול התור' }).click()
  await expect(dialog.getByLabel('סיבת הביטול')).toBeFocused()
  await inspect(page, 'appointment-cancel', VIEWS[0])
  await page.keyboard.type('חולה')
  await page.keyboard.press('Escape')
  await expect(dialog.getByRole('alert')).toContainText('הסיבה שכתבתם תימחק')
  await dialog.getByRole('button', { name: 'להמשיך למלא' }).click()
  await expect(dialog.getByLabel('סיבת הביטול')).toHaveValue('חולה')
  await dialog.getByLabel('סיבת הביטול').press('Enter')
  await expect(page.locator('.toast').last()).toContainText('בוטל')
  expect((await all()).find(({ id }) => id === appointment.id)).toMatchObject({
    state: 'cancelled',
    cancel_reason: 'חולה',
  })
  // «ביטול» would also be the name of what was done.
  await page.locator('.toast').last().getByRole('button', { name: 'להחזיר', exact: true }).click()
  await expect.poll(async () => (await all()).find(({ id }) => id === appointment.id)?.state).toBe('booked')
  expect(yael.id).toBeGreaterThan(0)
})

for (const view of layouts('phone')) {
  const he = view.language === 'he'
  test(
    `the contact is notified of a change if the user chooses that, ${view.language} ${view.width}`,
    long,
    async ({ page, ownDaemon }) => {
      test.slow()
      await prepare(page, view)
      const { noa, appointment, get, send } = await fill(page, ownDaemon)
      await send('PATCH', `/api/contacts/${noa.id}`, { language: view.language })
      const notices = async () =>
        (await get<{ items: { text: string; state: string; contact_id: number }[] }>('/api/scheduled-messages')).items
      const dialog = page.getByRole('dialog')
      const choice = dialog.getByRole('checkbox', {
        name: he ? 'לשלוח ללקוח הודעת WhatsApp' : 'Send the contact a WhatsApp message',
      })
      const undo = () =>
        page
          .locator('.toast')
          .last()
          .getByRole('button', { name: he ? 'ביטול' : 'Undo' })
      const card = `${ownDaemon.url}/calendar?appointment=${appointment.id}`

      // A move without a message, as before.
      await page.goto(card)
      await dialog.getByRole('button', { name: he ? 'הזזה' : 'Move', exact: true }).click()
      await dialog.locator('.slot').last().click()
      await expect(choice).not.toBeChecked()
      await choice.check()
      // Beside the button, which stays in view while the choice is scrolled out of it.
      const line = dialog.locator('.ap-foot .notify-line, .ap-form > .notify-line')
      const willSend = he ? 'והודעת WhatsApp תישלח' : 'a WhatsApp message will be sent'
      await expect(line).toBeInViewport()
      const text = dialog.locator('.notice-text')
      await expect(text).toContainText(he ? 'התור שלך הועבר' : 'Your appointment was moved')
      await inspect(page, 'appointment-notify', view)
      const shown = ((await text.textContent()) ?? '').split('\n')[0] ?? ''
      await dialog.getByRole('button', { name: he ? /^הזזה ל/ : /^Move to/ }).click()
      await expect(page.locator('.toast').last()).toContainText(willSend)
      await expect.poll(async () => (await notices()).map(({ state }) => state)).toEqual(['waiting'])
      expect((await notices())[0]).toMatchObject({ contact_id: noa.id, text: expect.stringContaining(shown) })
      await undo().click()
      await expect.poll(async () => (await notices()).map(({ state }) => state)).toEqual(['cancelled'])

      // The choice is remembered. The message can be chosen again for another change.
      await page.goto(card)
      await dialog.getByRole('button', { name: he ? 'ביטול התור' : 'Cancel the appointment' }).click()
      await expect(choice).toBeChecked()
      await expect(text).toContainText(he ? 'התור שלך בוטל' : 'Your appointment was cancelled')
      await expect(line).toBeInViewport()
      await dialog
        .getByRole('button', { name: he ? 'לבטל את התור' : 'Cancel it', exact: false })
        .first()
        .click()
      await expect(page.locator('.toast').last()).toContainText(willSend)
      await expect.poll(async () => (await notices()).map(({ state }) => state)).toEqual(['cancelled', 'waiting'])
      await page
        .locator('.toast')
        .last()
        .getByRole('button', { name: he ? 'להחזיר' : 'Restore' })
        .click()
      await expect.poll(async () => (await notices()).map(({ state }) => state)).toEqual(['cancelled', 'cancelled'])

      // A contact who opted out: the reason, and a booking without a message.
      await send('PUT', `/api/contacts/${noa.id}/opt-out`, { opted_out: true })
      await page.goto(`${ownDaemon.url}/calendar?new=1&contact=${noa.id}`)
      await dialog.locator('.slot').first().click()
      await expect(choice).toBeDisabled()
      await expect(dialog.locator('.notify .warn')).toBeVisible()
      await expect(line).toHaveCount(0)
      await inspect(page, 'appointment-notify-refused', view)
      await dialog.getByRole('button', { name: he ? /^לקבוע ל/ : /^Book/ }).click()
      await expect(page.locator('.toast').last()).toContainText(he ? 'נקבע תור' : 'booked')
      await expect(page.locator('.toast').last()).not.toContainText(willSend)
      expect(await notices()).toHaveLength(2)
    },
  )
}

const ZONE = 'Asia/Jerusalem'
/** The time of an appointment in the shop: «25/12/2027, 21:15». */
const timeOf = (at: string | undefined) =>
  new Date(at ?? 0).toLocaleString('en-GB', { timeZone: ZONE, dateStyle: 'short', timeStyle: 'short' })

test(
  'an appointment is booked for a date far ahead at an exact time, moved from its own week, and edited',
  long,
  async ({ page, ownDaemon }) => {
    test.setTimeout(90_000)
    await prepare(page, VIEWS[0])
    const { noa, service, get, send, appointment: first } = await fill(page, ownDaemon)
    const hours = Array.from({ length: 7 }, (_, weekday) => ({ weekday, from: '10:00', to: '18:00' }))
    await send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
    const dayAfter = (count: number) =>
      new Date(Date.now() + count * 86_400_000).toLocaleDateString('en-GB', { timeZone: ZONE })
    const dialog = page.getByRole('dialog')
    const jump = async (day: string) => {
      await dialog.getByRole('button', { name: 'מעבר לתאריך' }).click()
      await expect(dialog.getByLabel('תאריך')).toBeFocused()
      await page.keyboard.type(day)
      await page.keyboard.press('Enter')
      await expect(dialog.getByLabel('תאריך')).toHaveCount(0)
      await expect(dialog.getByRole('button', { name: 'מעבר לתאריך' })).toBeFocused()
    }
    const exact = async (time: string) => {
      if (!(await dialog.getByLabel('שעה', { exact: true }).isVisible())) await dialog.locator('.exact summary').click()
      await dialog.getByLabel('שעה', { exact: true }).fill(time)
      await dialog.getByRole('button', { name: 'לבחור בשעה הזאת' }).click()
    }
    const undo = () => page.locator('.toast').last().getByRole('button', { name: 'ביטול' })
    const look = async (name: string) => {
      await inspectAll(page, name)
      await show(page, VIEWS[0])
    }

    await page.goto(`${ownDaemon.url}/calendar?new=1&contact=${noa.id}`)
    await dialog.getByRole('button', { name: 'מעבר לתאריך' }).click()
    await expect(dialog.getByRole('button', { name: 'החודש הבא' })).toBeVisible()
    await look('appointment-new-jump')
    // A press on a day chooses it, and does not send the form.
    await dialog.getByRole('button', { name: 'החודש הבא' }).click()
    await dialog.getByRole('button', { name: /^15 / }).click()
    await expect(dialog.locator('.slot-picker')).toContainText(/שבוע מיום .*, 15 ב/)
    await jump(dayAfter(40))
    await exact('21:15')
    await dialog.getByRole('button', { name: /^לקבוע ל/ }).click()
    await expect(page.locator('.toast').last()).toContainText('נקבע תור')
    const { items } = await get<{ items: { id: number; starts_at: string }[] }>('/api/appointments')
    const made = items.find(({ id }) => id !== first.id)
    expect(timeOf(made?.starts_at)).toBe(`${dayAfter(40)}, 21:15`)

    const longer = await send<Item>('POST', '/api/services', { name: 'צבע ותספורת', duration_min: 120 })
    const path = `/api/appointments/${made?.id}`
    const now = () => get<{ starts_at: string; note: string; service_id: number; ends_at: string }>(path)
    await page.goto(`${ownDaemon.url}/calendar?appointment=${made?.id}`)
    await dialog.getByRole('button', { name: 'הזזה' }).click()
    // The free times of the appointment's own week come first.
    const words = (at: number) =>
      new Date(at).toLocaleDateString('he-IL', { timeZone: ZONE, day: 'numeric', month: 'long' })
    const booked = new Date(Date.parse(made?.starts_at ?? '') - 12 * 3_600_000)
    await expect(dialog.locator('.slot-picker')).toContainText(
      words(booked.getTime() - booked.getUTCDay() * 86_400_000),
    )
    // A later time of the same day needs no other choice of a day.
    await exact('22:00')
    await dialog.getByRole('button', { name: /^הזזה ל/ }).click()
    await expect(page.locator('.toast').last()).toContainText('הוזז')
    expect(timeOf((await now()).starts_at)).toBe(`${dayAfter(40)}, 22:00`)
    await undo().click()
    await expect.poll(async () => timeOf((await now()).starts_at)).toBe(`${dayAfter(40)}, 21:15`)
    await page.goto(`${ownDaemon.url}/calendar?appointment=${made?.id}`)
    await dialog.getByRole('button', { name: 'הזזה' }).click()
    await jump(dayAfter(70))
    await exact('9:15')
    await dialog.getByRole('button', { name: /^הזזה ל/ }).click()
    await expect(page.locator('.toast').last()).toContainText('הוזז')
    expect(timeOf((await now()).starts_at)).toBe(`${dayAfter(70)}, 09:15`)

    await page.goto(`${ownDaemon.url}/calendar?appointment=${made?.id}`)
    await dialog.getByRole('button', { name: 'עריכה' }).click()
    await expect(dialog.getByLabel('הערה')).toBeFocused()
    await page.keyboard.type('עם תינוק')
    // The other service takes two hours, and the shop opens an hour after the appointment begins.
    await dialog.getByRole('button', { name: 'צבע ותספורת' }).click()
    await dialog.getByRole('button', { name: 'שמירה' }).click()
    await expect(dialog.getByRole('alert')).toContainText('חורג משעות הפתיחה')
    await look('appointment-edit')
    await dialog.getByRole('button', { name: 'לשמור בכל זאת' }).click()
    await expect(dialog.locator('.kv')).toContainText('עם תינוק')
    await expect(dialog.getByRole('button', { name: 'עריכה' })).toBeFocused()
    expect(await now()).toMatchObject({ note: 'עם תינוק', service_id: longer.id })
    await undo().click()
    await expect.poll(now).toMatchObject({ note: '', service_id: service.id })

    // Escape asks before it discards what was typed.
    await dialog.getByRole('button', { name: 'עריכה' }).click()
    await page.keyboard.type('עם כלב')
    await page.keyboard.press('Escape')
    await expect(dialog.getByRole('alert')).toContainText('לסגור בלי לשמור?')
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    expect(await now()).toMatchObject({ note: '' })
  },
)

test('the undo of a move restores a time outside of the opening hours', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { appointment, get, send } = await fill(page, ownDaemon)
  const start = async () => (await get<{ starts_at: string }>(`/api/appointments/${appointment.id}`)).starts_at
  // The appointment at noon is now before the opening hours.
  const hours = Array.from({ length: 7 }, (_, weekday) => ({ weekday, from: '13:00', to: '24:00' }))
  await send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
  await page.goto(`${ownDaemon.url}/calendar?appointment=${appointment.id}`)
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'הזזה' }).click()
  await dialog.locator('.slot').last().click()
  await dialog.getByRole('button', { name: /^הזזה ל/ }).click()
  await expect(page.locator('.toast').last()).toContainText('הוזז')
  expect(await start()).not.toBe(appointment.starts_at)
  await page.locator('.toast').last().getByRole('button', { name: 'ביטול' }).click()
  await expect.poll(start).toBe(appointment.starts_at)
})

test(
  'an appointment that another user moved meanwhile is moved only after a choice',
  long,
  async ({ page, ownDaemon }) => {
    await prepare(page, VIEWS[0])
    const { appointment, get, send, service } = await fill(page, ownDaemon)
    const path = `/api/appointments/${appointment.id}`
    const start = async () => (await get<{ starts_at: string }>(path)).starts_at
    const { slots } = await get<FreeSlots>(`/api/free-slots?service_id=${service.id}&days=3&step_min=60`)
    const theirs = slots.at(-1)?.starts_at ?? ''
    await page.goto(`${ownDaemon.url}/calendar?appointment=${appointment.id}`)
    const dialog = page.getByRole('dialog')
    const choice = dialog.getByRole('alert')
    for (const answer of ['להשאיר את של האחר', 'לשמור את שלי']) {
      await send('PATCH', path, { starts_at: appointment.starts_at })
      await dialog.getByRole('button', { name: 'הזזה' }).click()
      await dialog.locator('.slot').nth(4).click()
      await send('PATCH', path, { starts_at: theirs })
      await dialog.getByRole('button', { name: /^הזזה ל/ }).click()
      await expect(choice).toContainText('בינתיים זה השתנה')
      expect(await start()).toBe(theirs)
      await choice.getByRole('button', { name: answer }).click()
      if (answer === 'להשאיר את של האחר') await expect(dialog.getByRole('button', { name: 'הזזה' })).toBeVisible()
    }
    await expect(page.locator('.toast').last()).toContainText('הוזז')
    expect(await start()).not.toBe(theirs)
    await page.locator('.toast').last().getByRole('button', { name: 'ביטול' }).click()
    await expect.poll(start).toBe(theirs)
  },
)

test('an appointment from the list can be changed once its current version is loaded', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { appointment } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/calendar?date=${appointment.starts_at.slice(0, 10)}`)
  let answer: () => void = () => undefined
  const wait = new Promise<void>(resolve => (answer = resolve))
  await page.route(`**/api/appointments/${appointment.id}`, async route => {
    await wait
    await route.continue()
  })
  await page.locator('.ev').click()
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('נועה ברק')
  for (const name of ['הזזה', 'ביטול התור']) await expect(dialog.getByRole('button', { name })).toBeDisabled()
  answer()
  for (const name of ['הזזה', 'ביטול התור']) await expect(dialog.getByRole('button', { name })).toBeEnabled()
})

test('the calendar opens at the present, and a new appointment asks for the contact first', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/calendar`)
  await expect(page.locator('.now-line')).toBeInViewport()
  await page.getByRole('button', { name: 'תור חדש' }).click()
  await expect(page.getByRole('dialog').getByRole('combobox', { name: 'לקוח' })).toBeFocused()
})

test('only a press on an empty part of the calendar, without a drag, opens a new appointment', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  const { appointment } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/calendar?view=day&date=${appointment.starts_at.slice(0, 10)}`)
  const slot = page.locator('.ev').first()
  // With space below, at every time of the day.
  await slot.evaluate(element => element.scrollIntoView({ block: 'center' }))
  const box = await slot.boundingBox()
  if (!box) throw new Error('the appointment is not visible')
  const x = box.x + box.width / 2
  const below = box.y + box.height + 20
  const drag = async (from: number, to: number) => {
    await page.mouse.move(x, from)
    await page.mouse.down()
    await page.mouse.move(x, to, { steps: 4 })
    await page.mouse.up()
  }
  await drag(box.y + 10, below)
  await drag(below, below + 30)
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.mouse.click(x, below)
  await expect(page.getByRole('dialog', { name: 'תור חדש' })).toBeVisible()
})

test('the back button asks before it discards a booking', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/calendar`)
  await page.getByRole('button', { name: 'תור חדש' }).click()
  const dialog = page.getByRole('dialog')
  const back = () => page.evaluate(() => history.back())
  const question = dialog.getByRole('alert')
  // A form without input is closed at once.
  await expect(dialog.getByRole('combobox', { name: 'לקוח' })).toBeFocused()
  await back()
  await expect(dialog).toHaveCount(0)
  await page.getByRole('button', { name: 'תור חדש' }).click()
  await dialog.locator('.slot').nth(4).click()
  await expect(dialog.locator('.slot[aria-pressed=true]')).toHaveCount(1)
  for (let press = 0; press < 2; press++) {
    await back()
    await expect(question).toContainText('לסגור בלי לקבוע?')
    await expect(page).toHaveURL(/new=1/)
    await dialog.getByRole('button', { name: 'להמשיך למלא' }).click()
    await expect(dialog.locator('.slot[aria-pressed=true]')).toHaveCount(1)
  }
  await back()
  await expect(question).toBeVisible()
  await back()
  await expect(dialog).toHaveCount(0)
  await expect(page).not.toHaveURL(/new=1/)
})

test('a date whose week is not in years of four digits shows today', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await fill(page, ownDaemon)
  for (const date of ['9999-12-31', '0000-01-01', '9998-12-31', '1000-01-01', '1001-01-01']) {
    await page.goto(`${ownDaemon.url}/calendar?date=${date}`)
    await expect(page.locator('.cal')).toBeVisible()
    await expect(page.getByText('הדף הזה נכשל')).toHaveCount(0)
  }
})

test('a wrong time in the address of a new appointment is ignored', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/calendar?new=1&at=noon`)
  await expect(page.getByRole('dialog').locator('.slot').first()).toBeVisible()
})

test('a task is written with its day, done, and reopened', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/tasks?new=1`)
  await page.getByRole('textbox', { name: 'משימה חדשה' }).fill('להתקשר לרונית מחר')
  await page.keyboard.press('Enter')
  await expect(page.locator('.task')).toHaveCount(2)
  await expect(page.getByText('להתקשר לרונית', { exact: true })).toBeVisible()
  await page.getByRole('checkbox', { name: 'להתקשר לרונית' }).click()
  await expect(page.locator('.task')).toHaveCount(1)
  await page.locator('.toast').last().getByRole('button', { name: 'ביטול' }).click()
  await expect(page.locator('.task')).toHaveCount(2)
})

for (const view of layouts('desktop')) {
  test(`a jump to a day, ${view.language} ${view.width} ${view.scheme}`, long, async ({ page, ownDaemon }) => {
    await prepare(page, view)
    await ownDaemon.start()
    await owner(page, ownDaemon)
    await page.goto(`${ownDaemon.url}/calendar`)
    await expect(page.locator('.cal h1')).toBeVisible()
    const dialog = page.getByRole('dialog')
    await page.keyboard.press('KeyM')
    const field = dialog.getByRole('textbox')
    await expect(field).toBeFocused()
    await field.fill('31.2')
    await expect(dialog.locator('.err')).toBeVisible()
    await field.fill('24.12.2027')
    await inspect(page, 'jump', view)
    await field.press('Enter')
    await expect(dialog).toHaveCount(0)
    await expect(page).toHaveURL(/date=2027-12-24/)
    // With the pointer: the month view of the current day.
    await page.locator('.jump-button').click()
    await dialog.getByRole('button', { name: /^15 / }).click()
    await expect(page).toHaveURL(/date=2027-12-15/)
    await page.locator('.jump-button').click()
    await dialog.getByRole('button', { name: view.language === 'he' ? 'היום' : 'Today', exact: true }).click()
    await expect(page).not.toHaveURL(/date=/)
    // Each step back is one jump.
    await page.goBack()
    await expect(page).toHaveURL(/date=2027-12-15/)
    await page.goBack()
    await expect(page).toHaveURL(/date=2027-12-24/)
  })
}

test('appointments of staff that were removed from the list stay in the calendar, and no customer is booked there', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  const { send, yael, appointment } = await fill(page, ownDaemon)
  await send('POST', '/api/resources', { name: 'מיכל', kind: 'staff' })
  await send('PATCH', `/api/resources/${yael.id}`, { archived: true })
  const day = appointment.starts_at.slice(0, 10)
  await page.goto(`${ownDaemon.url}/calendar?date=${day}&view=day`)
  await expect(page.locator('.ev', { hasText: 'נועה ברק' })).toBeVisible()
  await expect(page.locator('.lanes-head')).toContainText('יעל')
  await expect(page.locator('.lanes-head')).toContainText('הוסר')
  // The hour after the appointment. The grid shows it, at every time of the day.
  const lane = page.locator('.lane', { has: page.locator('.ev') })
  const [area, event] = [await lane.boundingBox(), await lane.locator('.ev').boundingBox()]
  if (!area || !event) throw new Error('the appointment is not drawn')
  const position = { x: 5, y: event.y + event.height + 10 - area.y }
  await lane.click({ position })
  await expect(page).not.toHaveURL(/new=1/)
  // The same hour of staff that still work.
  await page
    .locator('.lane')
    .filter({ hasNot: page.locator('.ev') })
    .first()
    .click({ position })
  await expect(page).toHaveURL(/new=1/)
  await page.keyboard.press('Escape')
  await page.setViewportSize({ width: 390, height: 844 })
  await expect(page.locator('.ag', { hasText: 'נועה ברק' })).toBeVisible()
})

test(
  'a closure is changed, and a removed service or member of staff returns to its list',
  long,
  async ({ page, ownDaemon }) => {
    await prepare(page, VIEWS[0])
    const { send, get, yael } = await fill(page, ownDaemon)
    const days = { from_date: '2050-01-06', to_date: '2050-01-07' }
    const { id } = await send<Item>('POST', '/api/closures', { ...days, reason: 'חופשה', from: '12:00', to: '15:00' })
    await page.goto(`${ownDaemon.url}/app/settings/hours`)
    const form = page.getByRole('form', { name: 'סגור מיוחד' })
    const row = page.getByRole('button', { name: /חופשה/ })
    await row.click()
    await form.getByLabel('עד יום').fill('8.1.2050')
    await form.getByRole('button', { name: 'שמירה' }).click()
    await expect(row).toContainText('8 בינואר')
    // The times of the first and the last day stay.
    const closure = async () =>
      (await get<{ items: (Item & { reason: string })[] }>('/api/closures')).items.find(one => one.id === id)
    expect(await closure()).toMatchObject({
      from_date: '2050-01-06',
      to_date: '2050-01-08',
      from: '12:00',
      to: '15:00',
    })
    await row.click()
    await form.getByLabel('סיבה').fill('חופשה של יעל')
    await send('PATCH', `/api/closures/${id}`, { reason: 'שיפוץ' })
    await form.getByRole('button', { name: 'שמירה' }).click()
    await expect(form.getByRole('alert')).toContainText('שיפוץ')
    await inspect(page, 'closure-edit', VIEWS[0])
    await form.getByRole('button', { name: 'לשמור את שלי' }).click()
    await expect(row).toContainText('חופשה של יעל')

    const removed = page.locator('.removed')
    for (const [path, name] of [
      ['services', 'צבע'],
      ['resources', 'יעל'],
    ] as const) {
      await visit(page, `/app/settings/${path}`)
      const item = page.locator('.edit-list > li', { hasText: name })
      await item.getByRole('button', { name: 'הסרה' }).click()
      // Both have appointments.
      await page.getByRole('dialog').getByRole('button', { name: 'הסרה' }).click()
      await expect(item).toHaveCount(0)
      await removed.locator('summary').click()
      await expect(removed).toContainText(name)
      await inspect(page, `${path}-removed`, VIEWS[0])
      await removed.getByRole('button', { name: 'להחזיר לרשימה' }).click()
      await expect(item).toHaveCount(1)
      await expect(removed).toHaveCount(0)
    }
    expect(await get(`/api/resources/${yael.id}`)).toMatchObject({ archived: false })
  },
)

test('a week of four lanes is whole at 1440 px, and a wider one has a shadow', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { send } = await fill(page, ownDaemon)
  for (const name of ['מיכל', 'Yael Bar-On']) await send('POST', '/api/resources', { name, kind: 'staff' })
  await page.goto(`${ownDaemon.url}/calendar`)
  const frame = page.locator('.grid-frame')
  await expect(frame.locator('.day-head').first().locator('.lanes-head > span')).toHaveCount(4)
  await expect(frame.locator('.day-head').last()).toBeInViewport({ ratio: 1 })
  await expect(frame).not.toHaveAttribute('data-after')
  await page.setViewportSize({ width: 1024, height: 900 })
  await expect(frame).toHaveAttribute('data-after', 'true')
})

test('more hours are not wrong before something was typed', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { send } = await fill(page, ownDaemon)
  const hours = [{ weekday: 0, from: '09:00', to: '24:00' }]
  await send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
  await page.goto(`${ownDaemon.url}/app/settings/hours`)
  await page.getByRole('button', { name: 'עוד שעות' }).click()
  const begin = page.getByLabel('יום ראשון, משעה')
  await expect(begin).toHaveCount(2)
  await expect(begin.last()).toHaveValue('')
  await expect(page.locator('.err')).toHaveCount(0)
  await expect(page.getByText('כדי לשמור צריך להשלים את השעות ביום ראשון.')).toBeVisible()
  await begin.last().fill('x')
  await expect(page.locator('.hours-line .err')).toHaveCount(1)
})

test('the arrow keys choose the contact of a new appointment', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { send } = await fill(page, ownDaemon)
  await send('POST', '/api/contacts', { display_name: 'אבי כהן', number: '050-987-6544' })
  await page.goto(`${ownDaemon.url}/calendar?new=1`)
  const dialog = page.getByRole('dialog')
  const field = dialog.getByRole('combobox', { name: 'לקוח' })
  const active = dialog.getByRole('option', { selected: true })
  await expect(dialog.getByRole('option')).toHaveCount(2)
  await expect(active).toHaveCount(0)
  await field.press('ArrowDown')
  await field.press('ArrowDown')
  const name = (await dialog.getByRole('option').nth(1).locator('.grow').textContent()) ?? ''
  await expect(active).toContainText(name)
  await expect(field).toHaveAttribute('aria-activedescendant', (await active.getAttribute('id')) ?? '')
  await field.press('Enter')
  await expect(dialog.locator('.picked')).toContainText(name)
})

test('a new contact is offered only after a search has answered', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/calendar?new=1`)
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('option')).not.toHaveCount(0)
  let works = false
  await page.route('**/api/contacts?*', route =>
    works ? route.continue() : route.fulfill({ status: 403, json: { error: { code: 'unavailable', message: '' } } }),
  )
  await dialog.getByRole('combobox', { name: 'לקוח' }).fill('אפרת')
  await expect(dialog.getByRole('alert')).toContainText('הלקוחות לא נטענו')
  const add = dialog.getByRole('button', { name: 'לקוח חדש: אפרת' })
  await expect(add).toHaveCount(0)
  works = true
  await dialog.getByRole('button', { name: 'לנסות שוב' }).click()
  await expect(add).toBeVisible()
})
