import { expect, type Page } from '@playwright/test'
import { contactOf, owner } from './api'
import type { Daemon } from './daemon'

interface Item {
  id: number
}

interface Texts {
  /** One-line names: of a contact, a tag, a service, a task. */
  name: string
  /** The text of messages, notes and facts. */
  text: string
  fileName: string
}

export const NOA = '+972527614408'
export const TOM = '+447911123456'

/** The daemon must be running. */
export async function fillShop(page: Page, daemon: Daemon, { name, text, fileName }: Texts) {
  await daemon.receive(text, NOA, name)
  await daemon.receive('Is Friday 10:30 still free?', TOM, name)
  const api = await owner(page, daemon)
  const { send, get } = api
  const [noa, tom] = [(await contactOf(api, NOA)).id, (await contactOf(api, TOM)).id]
  await send('PATCH', `/api/contacts/${noa}`, { display_name: name })
  await send('PATCH', `/api/contacts/${tom}`, { display_name: name })
  const hours = Array.from({ length: 7 }, (_, weekday) => ({ weekday, from: '00:00', to: '24:00' }))
  await send('PUT', '/api/opening-hours', { hours, holidays: 'open', eves: 'open' })
  const service = await send<Item>('POST', '/api/services', { name, duration_min: 60, price_minor: 42_000 })
  const resource = await send<Item>('POST', '/api/resources', { name, kind: 'staff' })
  await send('POST', '/api/tasks', { title: name, contact_id: noa, due_date: '2026-01-05' })
  await send('POST', '/api/leads', { contact_id: noa, title: name, value_minor: 32_000 })
  const tag = await send<Item>('POST', '/api/tags', { name: name.slice(0, 100) })
  await send('PUT', `/api/contacts/${noa}/tags/${tag.id}`)
  const field = await send<Item>('POST', '/api/custom-fields', { name: name.slice(0, 100), kind: 'text' })
  await send('PUT', `/api/contacts/${noa}/fields/${field.id}`, { value: name })
  await send('POST', `/api/contacts/${noa}/notes`, { text: text.slice(0, 4000) })
  await send('POST', '/api/saved-replies', { shortcut: 'שעות', text: text.slice(0, 4000) })
  await send('POST', '/api/facts', { topic: name, text: text.slice(0, 4000) })
  await send('POST', '/api/agent-tools', { name: 'check_stock', description: name, url: 'https://93.184.216.34/stock' })
  const query = `service_id=${service.id}&resource_id=${resource.id}&days=3&step_min=60`
  const { slots } = await get<{ slots: { starts_at: string }[] }>(`/api/free-slots?${query}`)
  // Not one of the first two slots, which may begin before the test ends.
  const starts_at = slots[2]?.starts_at ?? ''
  const booking = { contact_id: noa, service_id: service.id, resource_id: resource.id, starts_at, note: name }
  const appointment = await send<Item>('POST', '/api/appointments', booking)
  await sendFile(page, daemon, fileName)
  return { ...api, noa, tom, appointment: appointment.id, day: starts_at.slice(0, 10) }
}

/** Adds English names and texts to a shop, about Tom. */
export async function fillEnglish({ send, get, tom }: Shop): Promise<void> {
  await send('PATCH', `/api/contacts/${tom}`, { display_name: 'Tom Becker' })
  const service = await send<Item>('POST', '/api/services', {
    name: 'Color and cut',
    duration_min: 30,
    price_minor: 9_000,
  })
  await send('POST', '/api/tasks', { title: 'Order towels', contact_id: tom, due_date: '2026-01-06' })
  await send('POST', '/api/leads', { contact_id: tom, title: 'Bridal evening', value_minor: 185_000 })
  const tag = await send<Item>('POST', '/api/tags', { name: 'Regular' })
  await send('PUT', `/api/contacts/${tom}/tags/${tag.id}`)
  await send('POST', `/api/contacts/${tom}/notes`, { text: 'Allergic to ammonia' })
  await send('POST', '/api/facts', { topic: 'Parking', text: 'Free behind the building' })
  const query = `service_id=${service.id}&days=3&step_min=60`
  const { slots } = await get<{ slots: { starts_at: string }[] }>(`/api/free-slots?${query}`)
  const wanted = { contact_id: tom, service_id: service.id, note: 'By the window' }
  await send('POST', '/api/appointments', { ...wanted, starts_at: slots[3]?.starts_at })
  await send('POST', '/api/waiting-list', { ...wanted, from_date: '2027-01-05', to_date: '2027-01-06' })
}

export type Shop = Awaited<ReturnType<typeof fillShop>>

async function sendFile(page: Page, daemon: Daemon, fileName: string): Promise<void> {
  const session = await page.request.get(`${daemon.url}/api/session`)
  const { csrf_token } = (await session.json()) as { csrf_token: string }
  const headers = { 'X-CSRF-Token': csrf_token }
  const stored = await page.request.post(`${daemon.url}/api/media`, {
    headers: { ...headers, 'Content-Type': 'application/pdf', 'X-File-Name': encodeURIComponent(fileName) },
    data: Buffer.from('%PDF-1.4\n%%EOF\n'),
  })
  const { id } = (await stored.json()) as { id: string }
  const sent = await page.request.post(`${daemon.url}/api/whatsapp/send`, {
    headers: { ...headers, 'Idempotency-Key': id },
    data: { to: NOA, media_id: id },
  })
  if (!sent.ok()) throw new Error(`the file was refused: ${await sent.text()}`)
}

export const screensOf = ({ noa, tom, appointment, day }: Shop): Record<string, string> => ({
  today: '/app/today',
  tasks: '/app/tasks',
  inbox: '/app/inbox',
  thread: `/app/inbox/${noa}`,
  contacts: '/app/contacts',
  contact: `/app/contacts/${noa}`,
  merge: `/app/contacts/merge?keep=${noa}&other=${tom}`,
  suggestions: '/app/merge-suggestions',
  leads: '/app/leads',
  calls: '/app/calls',
  calendar: `/calendar?date=${day}`,
  appointment: `/calendar?appointment=${appointment}`,
  'new-appointment': `/calendar?new=1&contact=${noa}`,
  services: '/app/settings/services',
  resources: '/app/settings/resources',
  hours: '/app/settings/hours',
  facts: '/app/settings/facts',
  tools: '/app/settings/tools',
  settings: '/app/settings',
  phone: '/app/settings/phone',
  agent: '/app/settings/agent',
  privacy: '/app/settings/privacy',
  notifications: '/app/settings/notifications',
  users: '/app/settings/users',
  backup: '/app/settings/backup',
  audit: '/app/settings/audit',
  health: '/app/settings/health',
  problems: '/app/problems',
  account: '/app/account',
  whatsapp: '/app/whatsapp',
  trial: '/app/try',
  setup: '/app/setup/business',
})

/** Does not reload the page, as with a link. */
export async function visit(page: Page, path: string): Promise<void> {
  await page.evaluate(path => history.pushState(null, '', path), path)
  await settled(page)
}

/** Waits until the page shows its data or an error. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator('main h1')).toHaveCount(1)
  await expect(page.locator('.skeleton-rows')).toHaveCount(0, { timeout: 15_000 })
}
