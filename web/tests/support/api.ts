import { expect, type Page } from '@playwright/test'
import type { Daemon } from './daemon'
import { logIn } from './login'

export async function owner(page: Page, daemon: Daemon) {
  const token = await logIn(page, daemon)
  const send = async <T>(method: string, path: string, data?: unknown, more?: Record<string, string>): Promise<T> => {
    const headers = { 'X-CSRF-Token': token, ...more }
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

/** Searches the first 200 contacts. Throws if none has the number. */
export async function contactOf({ get }: Owner, number: string): Promise<ContactItem> {
  const { items } = await get<{ items: ContactItem[] }>('/api/contacts?limit=200')
  const found = items.find(item => item.number === number)
  if (!found) throw new Error(`no contact with ${number}`)
  return found
}

/**
 * Waits until the daemon has one more missed call. On a slow machine the caller may hang up before the daemon has
 * stored the call; then the call is repeated.
 */
export async function missCall({ get }: Owner, daemon: Daemon, from: string): Promise<void> {
  const missed = async () => (await get<{ calls: unknown[] }>('/api/calls?outcome=missed')).calls.length
  const before = await missed()
  await expect(async () => {
    await daemon.call(['--from', from, '--hang-up', 'connecting:1ms']).catch(() => undefined)
    await expect.poll(missed, { timeout: 5_000 }).toBe(before + 1)
  }).toPass({ timeout: 60_000 })
}
