// API requests as a page sends them, with the client that is generated from docs/openapi.json. They are only compiled.
import createClient from 'openapi-fetch'
import type { components, operations, paths } from './generated.js'

const api = createClient<paths>({ baseUrl: 'https://shop.example' })

type Thread = components['schemas']['Thread']
type SendRequest = operations['send_message']['requestBody']['content']['application/json']

export async function firstThread(): Promise<Thread | undefined> {
  const { data, error } = await api.GET('/api/threads', { params: { query: { type: 'whatsapp', limit: 1 } } })
  if (error) throw new Error(`${error.error.code}: ${error.error.message}`)
  return data.threads[0]
}

export async function answer(thread: Thread, text: string): Promise<number> {
  const body: SendRequest = { to: thread.peer_number, text }
  const { data, error } = await api.POST('/api/whatsapp/send', { body, params: { header: { 'Idempotency-Key': 'a1' } } })
  if (error) throw new Error(error.error.field ?? error.error.message)
  return data.message_id
}

export async function rename(id: number, display_name: string) {
  // @ts-expect-error A value of another type.
  await api.PATCH('/api/contacts/{id}', { params: { path: { id } }, body: { display_name: id } })
  return api.PATCH('/api/contacts/{id}', { params: { path: { id } }, body: { display_name } })
}

type ContactPage = components['schemas']['ContactPage']

export async function firstContacts(limit: number): Promise<ContactPage['items']> {
  const { data, error } = await api.GET('/api/contacts', { params: { query: { limit } } })
  if (error) throw new Error(error.error.message)
  const page: ContactPage = data
  return page.items
}
