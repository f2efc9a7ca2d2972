import { expect, type Page } from '@playwright/test'
import { type Daemon, OWNER } from './daemon'

/** Logs the owner in, once for a test, and sends requests as the owner. */
export async function owner(page: Page, daemon: Daemon) {
  const { name, password } = OWNER
  const login = await page.request.post(`${daemon.url}/api/login`, { data: { name, password } })
  const { csrf_token } = (await login.json()) as { csrf_token: string }
  const send = async <T>(method: string, path: string, data?: unknown): Promise<T> => {
    const headers = { 'X-CSRF-Token': csrf_token }
    const answer = await page.request.fetch(`${daemon.url}${path}`, { method, headers, ...(data ? { data } : {}) })
    expect(answer.ok(), `${method} ${path}: ${await answer.text()}`).toBe(true)
    return (await answer.json()) as T
  }
  return { send, get: <T>(path: string) => send<T>('GET', path) }
}

export type Owner = Awaited<ReturnType<typeof owner>>

interface ContactItem {
  id: number
  display_name: string
  number: string | null
}

/** The contact with this number. */
export async function contactOf({ get }: Owner, number: string): Promise<ContactItem> {
  const { items } = await get<{ items: ContactItem[] }>('/api/contacts?limit=200')
  const found = items.find(item => item.number === number)
  if (!found) throw new Error(`no contact with ${number}`)
  return found
}
