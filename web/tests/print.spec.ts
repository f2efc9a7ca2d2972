import { contactOf, owner } from './support/api'
import { expect, prepare, test, VIEWS } from './support/fixtures'

test('a printed conversation or call has no other customers', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('שלום', '+972509876543', 'דנה כהן')
  await ownDaemon.receive('היי', '+972523334455', 'אבי לוי')
  await ownDaemon.ring({ From: '+972521112222' })
  await ownDaemon.ring({ From: '+972523334444' })
  const api = await owner(page, ownDaemon)
  await prepare(page, VIEWS[0])
  await page.emulateMedia({ media: 'print' })
  await page.goto(`${ownDaemon.url}/app/inbox`)
  await expect(page.getByText('אבי לוי')).toBeVisible()
  await page.goto(`${ownDaemon.url}/app/inbox/${(await contactOf(api, '+972509876543')).id}`)
  await expect(page.locator('.conv').getByText('שלום')).toBeVisible()
  await expect(page.getByText('אבי לוי').filter({ visible: true })).toHaveCount(0)
  // The sheet belongs to the conversation alone, also where the page is wide.
  await page.setViewportSize({ width: 1047, height: 720 })
  await expect(page.locator('.dock')).toBeHidden()
  expect((await page.locator('.conv').boundingBox())?.width).toBeGreaterThan(1000)

  const { calls } = await api.get<{ calls: { id: number; peer_number: string }[] }>('/api/calls')
  const call = calls.find(({ peer_number }) => peer_number === '+972521112222')
  await page.goto(`${ownDaemon.url}/app/calls/${call?.id}`)
  await expect(page.getByRole('heading', { name: '052-111-2222' })).toBeVisible()
  await expect(page.getByText('052-333-4444').filter({ visible: true })).toHaveCount(0)
})
