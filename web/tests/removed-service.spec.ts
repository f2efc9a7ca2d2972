import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspectAll, logIn, long, prepare, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'

interface Item {
  id: number
}

const day = (count: number) =>
  new Date(Date.now() + count * 86_400_000).toLocaleDateString('en-CA', { timeZone: 'Asia/Jerusalem' })

/** Creates a shop that is always open, with two services, two employees, and an appointment of Noa for the first service. */
async function fill(page: Page, daemon: Daemon) {
  await prepare(page, VIEWS[0])
  await daemon.start()
  await daemon.receive('אפשר תור?', NOA)
  await logIn(page, daemon)
  const api = await owner(page, daemon)
  const { send } = api
  const noa = await contactOf(api, NOA)
  await send('PATCH', `/api/contacts/${noa.id}`, { display_name: 'נועה ברק' })
  const hours = Array.from({ length: 7 }, (_, weekday) => ({ weekday, from: '00:00', to: '24:00' }))
  await send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
  const color = await send<Item>('POST', '/api/services', { name: 'צבע', duration_min: 60 })
  const cut = await send<Item>('POST', '/api/services', { name: 'תספורת', duration_min: 30 })
  const yossi = await send<Item>('POST', '/api/resources', { name: 'יוסי', kind: 'staff' })
  await send('POST', '/api/resources', { name: 'דנה', kind: 'staff' })
  const booking = {
    contact_id: noa.id,
    service_id: color.id,
    resource_id: yossi.id,
    starts_at: `${day(2)}T10:00:00Z`,
  }
  const appointment = await send<Item>('POST', '/api/appointments', booking)
  return { ...api, noa, color, cut, yossi, appointment }
}

test('before a removal, the page counts the appointments and the waiting contacts', async ({ page, ownDaemon }) => {
  const { send, get, noa, color, yossi } = await fill(page, ownDaemon)
  const request = { contact_id: noa.id, service_id: color.id, from_date: day(1), to_date: day(5) }
  await send<Item>('POST', '/api/waiting-list', request)
  await page.goto(`${ownDaemon.url}/app/settings/services`)
  const row = (name: string) => page.locator('.edit-list li', { hasText: name })
  const question = page.getByRole('dialog')
  const ids = async (path: string) => (await get<{ items: Item[] }>(path)).items.map(({ id }) => id)
  await row('צבע').getByRole('button', { name: 'הסרה' }).click()
  await expect(question).toContainText('יש תור עתידי אחד')
  await expect(question).toContainText('רישום אחד ברשימת ההמתנה')
  await question.getByRole('button', { name: 'ביטול' }).click()
  await expect(question).toHaveCount(0)
  expect(await ids('/api/services')).toContain(color.id)
  await row('צבע').getByRole('button', { name: 'הסרה' }).click()
  await question.getByRole('button', { name: 'הסרה' }).click()
  await expect(page.locator('.toast')).toContainText('הוסר')
  expect(await ids('/api/services')).not.toContain(color.id)
  // Nothing refers to this service, so there is no question.
  await row('תספורת').getByRole('button', { name: 'הסרה' }).click()
  await expect(row('תספורת').getByRole('button', { name: 'הסרה' })).toHaveCount(0)

  await page.goto(`${ownDaemon.url}/app/settings/resources`)
  await row('יוסי').getByRole('button', { name: 'הסרה' }).click()
  await expect(question).toContainText('יש תור עתידי אחד')
  await expect(question).not.toContainText('ברשימת ההמתנה')
  expect(await ids('/api/resources')).toContain(yossi.id)
  await inspectAll(page, 'resource-removal')
})

test('a waiting contact whose service was removed is not booked for the only service that is left', async ({
  page,
  ownDaemon,
}) => {
  const { send, noa, color } = await fill(page, ownDaemon)
  const request = { contact_id: noa.id, service_id: color.id, from_date: day(1), to_date: day(5) }
  const entry = await send<Item>('POST', '/api/waiting-list', request)
  await send('DELETE', `/api/services/${color.id}`)
  await page.goto(`${ownDaemon.url}/calendar?waiting=1&new=1&contact=${noa.id}&waiter=${entry.id}`)
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('ביקש: צבע (השירות הוסר)')
  await expect(dialog.getByRole('button', { name: 'תספורת' })).toHaveAttribute('aria-pressed', 'false')
  await expect(dialog.getByRole('button', { name: 'בחרו שירות' })).toBeDisabled()
  await inspectAll(page, 'waiting-removed-service')
})

test('a removal from the waiting list is undone, also for a service that was removed', async ({ page, ownDaemon }) => {
  const { send, get, noa, color } = await fill(page, ownDaemon)
  const request = { contact_id: noa.id, service_id: color.id, from_date: day(1), to_date: day(5), note: 'רק בבוקר' }
  await send('POST', '/api/waiting-list', request)
  await send('DELETE', `/api/services/${color.id}`)
  await page.goto(`${ownDaemon.url}/calendar?waiting=1`)
  await page.getByRole('button', { name: /^הסרה מהרשימה/ }).click()
  await expect(page.locator('.waiter')).toHaveCount(0)
  await page.locator('.toast').getByRole('button', { name: 'ביטול' }).click()
  await expect(page.locator('.waiter')).toContainText('רק בבוקר')
  expect((await get<{ items: object[] }>('/api/waiting-list')).items).toMatchObject([{ service_id: color.id }])
})

test('the form of an appointment shows the service that was removed', async ({ page, ownDaemon }) => {
  const { send, color, appointment } = await fill(page, ownDaemon)
  await send('DELETE', `/api/services/${color.id}`)
  await page.goto(`${ownDaemon.url}/calendar?appointment=${appointment.id}`)
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'עריכה' }).click()
  const removed = dialog.getByRole('button', { name: /צבע.*הוסר מהרשימה/ })
  await expect(removed).toHaveAttribute('aria-pressed', 'true')
  await dialog.getByRole('button', { name: 'תספורת' }).click()
  await expect(removed).toHaveAttribute('aria-pressed', 'false')
})

test(
  'a service without free times, because it was removed, is restored where they are missing',
  long,
  async ({ page, ownDaemon }) => {
    const { send, get, color, appointment } = await fill(page, ownDaemon)
    await send('DELETE', `/api/services/${color.id}`)
    let isArchived = true
    await page.route('**/api/free-slots*', route =>
      isArchived
        ? route.fulfill({ status: 409, json: { error: { code: 'service_archived', message: 'archived' } } })
        : route.fallback(),
    )
    await page.goto(`${ownDaemon.url}/calendar?appointment=${appointment.id}`)
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'הזזה' }).click()
    await expect(dialog.getByRole('alert')).toContainText('השירות צבע הוסר, ולכן אין לו שעות פנויות')
    await inspectAll(page, 'move-removed-service')
    isArchived = false
    await dialog.locator('.problem .btn').click()
    await expect(dialog.locator('.slot').first()).toBeVisible()
    expect((await get<{ items: Item[] }>('/api/services')).items.map(({ id }) => id)).toContain(color.id)
  },
)

test('an appointment of an employee who was removed is moved to anyone who is free', async ({ page, ownDaemon }) => {
  const { send, yossi, appointment } = await fill(page, ownDaemon)
  await send('POST', '/api/resources', { name: 'רון', kind: 'staff' })
  await send('DELETE', `/api/resources/${yossi.id}`)
  await page.goto(`${ownDaemon.url}/calendar?appointment=${appointment.id}`)
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'הזזה' }).click()
  await expect(dialog).toContainText('יוסי כבר לא ביומן')
  await expect(dialog.getByRole('radio', { name: 'מי שפנוי' })).toHaveAttribute('aria-checked', 'true')
  await dialog.locator('.slot').last().click()
  await dialog.getByRole('button', { name: /^הזזה ל/ }).click()
  await expect(page.locator('.toast')).toContainText('הוזז')
})

test('a link to an appointment that no longer exists leads to the calendar', async ({ page, ownDaemon }) => {
  await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/calendar?appointment=99999`)
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByRole('alert')).toContainText('התור כבר לא קיים')
  await expect(dialog.getByRole('button', { name: 'לנסות שוב' })).toHaveCount(0)
  await dialog.getByRole('button', { name: 'ליומן' }).click()
  await expect(dialog).toHaveCount(0)
})

test('on a phone, an error of a booking does not cover the title of its dialog', async ({ page, ownDaemon }) => {
  const { noa } = await fill(page, ownDaemon)
  await prepare(page, VIEWS[1])
  await page.goto(`${ownDaemon.url}/calendar?new=1&contact=${noa.id}`)
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'תספורת' }).click()
  await dialog.locator('.slot').last().click()
  await page.route('**/api/appointments', route => route.abort())
  await dialog.getByRole('button', { name: /^לקבוע ל/ }).click()
  const toast = page.locator('.toast.error')
  await expect(toast).toBeVisible()
  const [title, shown] = [await dialog.locator('header').boundingBox(), await toast.boundingBox()]
  expect(shown?.y).toBeGreaterThanOrEqual((title?.y ?? 0) + (title?.height ?? 0))
})
