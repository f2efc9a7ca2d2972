import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspect, LAYOUTS, logIn, prepare, test } from './support/fixtures'

const NOA = '+972527614408'

interface Item {
  id: number
}

/** Returns the Sunday that is 8 to 14 days from today. */
function nextSunday(): string {
  const today = new Date()
  const days = 7 - today.getUTCDay() + 7
  return new Date(today.getTime() + days * 86_400_000).toISOString().slice(0, 10)
}

/**
 * Creates a shop that is open from 9 to 18. Yael works from 10 to 14 and has an appointment from 11 to 12; Avi is away,
 * with a reason.
 */
async function fill(page: Page, daemon: Daemon, day: string) {
  await daemon.start()
  await daemon.receive('שלום', NOA)
  await logIn(page, daemon)
  const api = await owner(page, daemon)
  const { send, get } = api
  const hours = Array.from({ length: 7 }, (_, weekday) => ({ weekday, from: '09:00', to: '18:00' }))
  await send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
  const [first] = (await get<{ items: Item[] }>('/api/resources')).items
  await send('PATCH', `/api/resources/${first?.id}`, { name: 'מיכל' })
  const yael = await send<Item>('POST', '/api/resources', { name: 'יעל' })
  const avi = await send<Item>('POST', '/api/resources', { name: 'אבי' })
  const own = hours.map(({ weekday }) => ({ weekday, from: '10:00', to: '14:00' }))
  await send('PUT', `/api/resources/${yael.id}/hours`, { hours: own })
  await send('POST', '/api/closures', { from_date: day, to_date: day, resource_id: avi.id, reason: 'מילואים' })
  const service = await send<Item>('POST', '/api/services', { name: 'צבע', duration_min: 60, buffer_after_min: 30 })
  const noa = await contactOf(api, NOA)
  const { slots } = await get<{ slots: { starts_at: string }[] }>(
    `/api/free-slots?service_id=${service.id}&resource_id=${yael.id}&from=${day}&days=1&step_min=60`,
  )
  const body = { contact_id: noa.id, service_id: service.id, resource_id: yael.id, starts_at: slots[1]?.starts_at }
  await send('POST', '/api/appointments', body)
  return { ...api, yael, avi }
}

for (const view of Object.values(LAYOUTS)) {
  test(`each lane shows when its resource is away, and only gaps that can be booked, ${view.language} ${view.width}`, async ({
    page,
    ownDaemon,
  }) => {
    await prepare(page, view)
    const day = nextSunday()
    const { yael, avi } = await fill(page, ownDaemon, day)
    await page.goto(`${ownDaemon.url}/calendar?date=${day}`)
    if (view.width === 390) {
      const away = page.locator('.agenda-away li')
      await expect(away).toHaveCount(2)
      await expect(away.filter({ hasText: 'יעל' })).toContainText('10:00–14:00')
      await expect(away.filter({ hasText: 'אבי' })).toContainText('מילואים')
      // Michal is free all day. Yael is not free from 10, because an appointment with its buffer would not end before
      // the one at 11; she is free from 12:30, after the buffer of that appointment. Avi is not free.
      const free = page.locator('.agenda li').filter({ has: page.locator('.free') })
      await expect(free).toHaveCount(2)
      await expect(free.nth(0)).toContainText(/9:00.*מיכל/)
      await expect(free.nth(1)).toContainText(/12:30.*יעל/)
      await page.goto(`${ownDaemon.url}/calendar?date=${day}&resource=${avi.id}`)
      await expect(page.locator('.agenda-away li')).toHaveCount(1)
      await expect(page.locator('.agenda .free')).toHaveCount(0)
      await page.goto(`${ownDaemon.url}/calendar?date=${day}&resource=${yael.id}`)
      await expect(page.locator('.agenda .free')).toHaveCount(1)
    } else {
      const lanes = page.locator('.day-col').first().locator('.lane')
      await expect(lanes).toHaveCount(3)
      await expect(lanes.nth(0).locator('.away')).toHaveCount(0)
      await expect(lanes.nth(1).locator('.away')).toHaveCount(2)
      await expect(lanes.nth(2).locator('.away')).toHaveText('מילואים')
      const box = await lanes.nth(2).locator('.away').boundingBox()
      const hour = await lanes.nth(1).locator('.away').first().boundingBox()
      expect(Math.round((box?.height ?? 0) / (hour?.height ?? 1))).toBe(9)
    }
    await page.goto(`${ownDaemon.url}/calendar?date=${day}`)
    await expect(page.locator('.away, .agenda-away').first()).toBeVisible()
    await inspect(page, 'resource-hours', view)
  })
}

test('a closure of one resource never looks like one of the whole business', async ({ page, ownDaemon }) => {
  await prepare(page, LAYOUTS.desktop)
  const { avi, send } = await fill(page, ownDaemon, nextSunday())
  let release = () => {}
  const released = new Promise<void>(resolve => {
    release = resolve
  })
  await page.route('**/api/resources?*', async route => {
    await released
    await route.continue()
  })
  await page.goto(`${ownDaemon.url}/app/settings/hours`)
  const closure = page.getByRole('listitem').filter({ hasText: 'מילואים' })
  // While the names load, and after the resource was removed.
  await expect(closure).toBeVisible()
  await expect(closure).not.toContainText('כל העסק')
  release()
  await expect(closure).toContainText('אבי')
  await send('DELETE', `/api/resources/${avi.id}`)
  await page.reload()
  await expect(closure).toContainText('אבי')
  await expect(closure).not.toContainText('כל העסק')
})

test('the own hours of a resource are saved with its form, which stays open if they are refused', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, LAYOUTS.desktop)
  const { yael, get, send } = await fill(page, ownDaemon, nextSunday())
  const path = `/api/resources/${yael.id}/hours`
  const first = async () => (await get<{ hours: { from: string }[] }>(path)).hours[0]?.from
  const row = page.locator('.edit-row', { hasText: 'יעל' })
  const from = page.getByLabel(/משעה/).first()
  await page.goto(`${ownDaemon.url}/app/settings/resources`)
  await row.click()
  await expect(from).toHaveValue('10:00')
  await page.getByLabel('שם', { exact: true }).fill('יעל לוי')
  await from.fill('11')
  await from.press('Enter')
  await expect(row).toContainText('יעל לוי')
  expect(await first()).toBe('11:00')

  // Another user saves other hours meanwhile.
  await row.click()
  await expect(from).toHaveValue('11:00')
  await from.fill('12')
  await send('PUT', path, { hours: [{ weekday: 0, from: '09:00', to: '14:00' }] })
  await page.getByRole('button', { name: 'שמירה', exact: true }).click()
  const conflict = page.getByRole('alert')
  await expect(conflict).toContainText('9:00–14:00')
  await expect(from).toHaveValue('12:00')
  await conflict.getByRole('button', { name: 'לשמור את שלי' }).click()
  await expect.poll(first).toBe('12:00')
  await page.getByRole('button', { name: 'שמירה', exact: true }).click()
  await expect(row).toBeVisible()
  expect(await first()).toBe('12:00')

  // Hours that are wrong cannot be saved, nor dropped by the form's button.
  await row.click()
  await from.fill('noon')
  await expect(page.getByRole('button', { name: 'שמירה', exact: true })).toBeDisabled()
})
