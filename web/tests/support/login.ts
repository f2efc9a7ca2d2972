import { expect, type Page } from '@playwright/test'
import { type Daemon, OWNER, preparedSession } from './daemon'

/** Logs the owner in without the form, and returns the CSRF token. */
export async function logIn(page: Page, daemon: Daemon): Promise<string> {
  const cookies = await preparedSession()
  await page.context().addCookies(cookies.map(cookie => ({ ...cookie, url: daemon.url })))
  const answer = await page.request.get(`${daemon.url}/api/session`)
  // Another test may have ended the session of a shared daemon.
  return answer.ok() ? tokenOf(await answer.json()) : logInAgain(page, daemon)
}

/** Logs in with a new session. This is slow: hashing a password takes as long as loading a page. */
export async function logInAgain(page: Page, daemon: Daemon, user: { name: string; password: string } = OWNER) {
  const answer = await page.request.post(`${daemon.url}/api/login`, { data: user })
  expect(answer.status()).toBe(200)
  return tokenOf(await answer.json())
}

const tokenOf = (answer: unknown): string => (answer as { csrf_token: string }).csrf_token
