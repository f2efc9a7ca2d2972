import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, long, prepare, test, VIEWS } from './support/fixtures'

const DANA = '+972509876543'
const AVI = '+972523334455'
const field = (page: Page) => page.locator('.write textarea')
const attach = (page: Page, name: string) =>
  page.locator('.write input[type=file]').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(name) })

async function fill(page: Page, daemon: Daemon) {
  await daemon.start()
  await daemon.receive('שלום', DANA, 'דנה כהן')
  await daemon.receive('היי', AVI, 'אבי לוי')
  await prepare(page, VIEWS[0])
  const api = await owner(page, daemon)
  return { ...api, dana: (await contactOf(api, DANA)).id, avi: (await contactOf(api, AVI)).id }
}

test(
  'an open conversation moves to the kept contact with its text and files, and keeps the draft there',
  long,
  async ({ page, ownDaemon }) => {
    const { send, get, dana, avi } = await fill(page, ownDaemon)
    const { threads } = await get<{ threads: { id: number }[] }>(`/api/contacts/${dana}`)
    await send('PUT', `/api/threads/${threads[0]?.id}/draft`, { text: 'לדנה' })
    await page.goto(`${ownDaemon.url}/app/inbox/${avi}`)
    const isStored = page.waitForResponse(/\/draft$/)
    await field(page).fill('לאבי')
    await isStored
    await attach(page, 'price.txt')
    await expect(page.locator('.write .btn.pen')).toBeEnabled()
    // The daemon does not get the rest of the text before the merge.
    await page.route('**/draft', route => route.abort())
    await field(page).fill('לאבי, מחר')
    await send('POST', `/api/contacts/${dana}/merge`, { contact_id: avi })
    await expect(page).toHaveURL(new RegExp(`/app/inbox/${dana}$`))
    await expect(field(page)).toHaveValue('לדנה\nלאבי, מחר')
    await expect(field(page)).toBeFocused()
    await expect(page.locator('.dock')).toContainText('price.txt')
    await expect(page.locator('.toast')).toContainText(/אבי לוי.* אוחד בינתיים עם/)
    await page.unroute('**/draft')
    await field(page).pressSequentially('!')
    const text = async () => (await get<{ draft: { text: string } }>(`/api/threads/${threads[0]?.id}`)).draft.text
    await expect.poll(text).toContain('לאבי, מחר!')
    expect((await text()).startsWith('לדנה\n')).toBe(true)
  },
)

test('a merge in this tab moves the text, the quote and the files, and another tab shows them', async ({
  page,
  ownDaemon,
}) => {
  const { dana, avi } = await fill(page, ownDaemon)
  const other = await page.context().newPage()
  await other.goto(`${ownDaemon.url}/app/inbox/${dana}`)
  await expect(field(other)).toBeVisible()
  // The list of files of the kept contact is in memory before the merge.
  await page.goto(`${ownDaemon.url}/app/inbox/${dana}`)
  await expect(field(page)).toBeVisible()
  await page.locator(`[data-contact="${avi}"]`).click()
  await page.route('**/draft', route => route.abort())
  await field(page).fill('לאבי')
  await attach(page, 'price.txt')
  await expect(page.locator('.write .btn.pen')).toBeEnabled()
  await page.evaluate(url => {
    history.pushState(null, '', url)
    dispatchEvent(new PopStateEvent('popstate'))
  }, `/app/contacts/merge?keep=${dana}&other=${avi}`)
  await page.getByRole('button', { name: 'כן, לאחד' }).click()
  await expect(page).toHaveURL(new RegExp(`/app/contacts/${dana}$`))
  await expect(field(other)).toHaveValue('לאבי')
  await expect(other.locator('.dock')).toContainText('price.txt')
  await page.evaluate(url => {
    history.pushState(null, '', url)
    dispatchEvent(new PopStateEvent('popstate'))
  }, `/app/inbox/${dana}`)
  await expect(field(page)).toHaveValue('לאבי')
  await expect(page.locator('.dock')).toContainText('price.txt')
})
