import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, inspect, long, prepare, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'

interface Item {
  id: number
}

/** Creates a shop that is always open, with a service of an hour and one member of staff. */
async function fill(page: Page, daemon: Daemon) {
  await daemon.start()
  await daemon.receive('אפשר לקבוע תור?', NOA)
  const api = await owner(page, daemon)
  const { send, get } = api
  const noa = await contactOf(api, NOA)
  await send('PATCH', `/api/contacts/${noa.id}`, { display_name: 'נועה ברק' })
  const hours = Array.from({ length: 7 }, (_, weekday) => ({ weekday, from: '00:00', to: '24:00' }))
  await send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
  const service = await send<Item>('POST', '/api/services', { name: 'צבע', duration_min: 60, price_minor: 42_000 })
  const yael = await send<Item>('POST', '/api/resources', { name: 'יעל', kind: 'staff' })
  const query = `service_id=${service.id}&resource_id=${yael.id}&days=3&step_min=60`
  const { slots } = await get<{ slots: { starts_at: string }[] }>(`/api/free-slots?${query}`)
  const at = (index: number) => slots[index]?.starts_at ?? ''
  const book = (starts_at: string) =>
    send<Item>('POST', '/api/appointments', {
      contact_id: noa.id,
      service_id: service.id,
      resource_id: yael.id,
      starts_at,
    })
  const state = async () =>
    (await get<{ items: (Item & { starts_at: string; state: string })[] }>('/api/appointments')).items
  return { noa, at, book, state }
}

/** The button of a free time, whose text is the time in the business's zone. */
function slotOf(page: Page, startsAt: string) {
  const zone = { timeZone: 'Asia/Jerusalem' } as const
  const [hour, minute] = new Date(startsAt)
    .toLocaleTimeString('en-GB', { ...zone, hour: '2-digit', minute: '2-digit' })
    .split(':')
  const day = new Date(startsAt).toLocaleDateString('he-IL', { ...zone, day: 'numeric', month: 'long' })
  return page
    .locator('fieldset.slot-day', { hasText: day })
    .getByRole('button', { name: `${Number(hour)}:${minute}`, exact: true })
}

test('the toast of a failed booking does not cover the buttons of the dialog', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  const { noa, at } = await fill(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/calendar?new=1&contact=${noa.id}`)
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('radio', { name: 'יעל' }).check()
  await slotOf(page, at(4)).click()
  await page.route('**/api/appointments', route =>
    route.request().method() === 'POST' ? route.abort() : route.continue(),
  )
  const book = dialog.getByRole('button', { name: /^לקבוע ל/ })
  await book.click()
  const toast = page.locator('.toast.error')
  await expect(toast).toBeVisible()
  for (const [width, height] of [
    [1440, 900],
    [1280, 720],
  ] as const) {
    await page.setViewportSize({ width, height })
    const closing = dialog.locator('header button')
    for (const button of [book, closing]) {
      await expect
        .poll(async () => {
          const [one, other] = [await button.boundingBox(), await toast.boundingBox()]
          return !one || !other || (one.y < other.y + other.height && other.y < one.y + one.height)
        })
        .toBe(false)
    }
  }
})

test(
  'a time that was taken meanwhile is refused beside the button, which offers the next one',
  long,
  async ({ page, ownDaemon }) => {
    await prepare(page, VIEWS[1])
    const { noa, at, book, state } = await fill(page, ownDaemon)
    const dialog = page.getByRole('dialog')
    const alert = dialog.locator('.ap-foot').getByRole('alert')

    await page.goto(`${ownDaemon.url}/calendar?new=1&contact=${noa.id}`)
    await dialog.getByRole('radio', { name: 'יעל' }).check()
    await slotOf(page, at(4)).click()
    await book(at(4))
    await dialog.getByRole('button', { name: /^לקבוע ל/ }).click()
    await expect(alert).toContainText('השעה הזאת נתפסה עכשיו')
    await expect(alert).toBeFocused()
    await expect(alert).toBeInViewport({ ratio: 1 })
    await inspect(page, 'appointment-taken', VIEWS[1])
    await alert.getByRole('button').click()
    await expect(alert).toHaveCount(0)
    await expect(dialog.getByRole('button', { name: /^לקבוע ל/ })).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(page.locator('.toast').last()).toContainText('נקבע תור')
    expect((await state()).map(({ starts_at }) => Date.parse(starts_at))).toContain(Date.parse(at(5)))

    const moved = await book(at(8))
    await page.goto(`${ownDaemon.url}/calendar?appointment=${moved.id}`)
    await dialog.getByRole('button', { name: 'הזזה' }).click()
    await slotOf(page, at(10)).click()
    await book(at(10))
    await dialog.getByRole('button', { name: /^הזזה ל/ }).click()
    await expect(alert).toBeFocused()
    await expect(alert).toBeInViewport({ ratio: 1 })
    await alert.getByRole('button').click()
    await dialog.getByRole('button', { name: /^הזזה ל/ }).click()
    await expect(page.locator('.toast').last()).toContainText('הוזז')
    const now = (await state()).find(({ id }) => id === moved.id)
    expect(Date.parse(now?.starts_at ?? '')).toBe(Date.parse(at(11)))
  },
)
