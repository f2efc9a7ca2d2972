import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { type Owner, owner } from './support/api'
import { type Daemon, OWNER } from './support/daemon'
import { expect, inspect, layouts, logIn, logInAgain, long, prepare, test, VIEWS } from './support/fixtures'
import { wav } from './trial/sound'

const choose = (page: Page, name: string, buffer: Buffer) =>
  page.locator('.greeting input[type=file]').setInputFiles({ name, mimeType: 'audio/wav', buffer })

const greetingOf = async (page: Page, daemon: Daemon) =>
  (await (await page.request.get(`${daemon.url}/api/greeting`)).json()) as { source: string; duration_ms: number }

for (const view of layouts('phone')) {
  test(`backups, limits and the greeting, ${view.language} ${view.width}`, long, async ({ page, ownDaemon }) => {
    test.slow()
    await ownDaemon.start()
    await prepare(page, view)
    await logIn(page, ownDaemon)
    await page.goto(`${ownDaemon.url}/app/settings/backup`)
    await page.locator('.check-now .btn').click()
    await expect(page.locator('.entries li')).toHaveCount(1)
    await expect(page.locator('.check-now .btn')).toBeEnabled()
    await page.locator('.fold summary').first().click()
    await page.locator('.entries .btn').click()
    await expect(page.locator('.backup-download input')).toBeFocused()
    await inspect(page, 'settings-backup-download', view)

    await page.goto(`${ownDaemon.url}/app/settings/privacy`)
    await expect(page.locator('.retention-now')).toBeVisible()
    await inspect(page, 'settings-privacy', view)

    await page.goto(`${ownDaemon.url}/app/setup/greeting`)
    await choose(page, 'hello.wav', wav([{ voice: 2 }]))
    await expect(page.locator('.greeting-draft')).toBeVisible()
    await inspect(page, 'setup-greeting-draft', view)
    await page.locator('.greeting-draft .btn.pen').click()
    await expect(page.locator('.greeting-line').first()).toContainText('hello.wav')
    await page.locator('.greeting summary').click()
    await inspect(page, 'setup-greeting', view)
  })
}

test('a backup is made and downloaded, with the password', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/backup`)
  await page.getByRole('button', { name: 'Back up now' }).click()
  const line = page.locator('.entries li')
  await expect(line).toHaveCount(1)
  await expect(line).toContainText('By hand')
  await line.getByRole('button', { name: /^Download/ }).click()
  const password = page.getByLabel('Your password, again')
  await password.fill('not this one')
  await page.locator('.backup-download [type=submit]').click()
  await expect(page.locator('.backup-download')).toContainText('The password is wrong.')
  await password.fill(OWNER.password)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('.backup-download [type=submit]').click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^agentlocator-manual-.*\.db$/)
  const saved = readFileSync(await download.path())
  const name = download.suggestedFilename().replace('agentlocator-', '')
  expect(saved.equals(readFileSync(join(ownDaemon.folder, 'snapshots', name)))).toBe(true)
})

test('a greeting is heard before and after, replaced, and undone', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/settings/phone`)
  const line = page.locator('.greeting-line').first()
  await expect(line).toContainText('came with the system')
  await choose(page, 'long.wav', wav([{ voice: 11 }]))
  await expect(page.getByRole('alert')).toContainText('too long: 11 seconds')
  await expect(page.getByRole('button', { name: 'Use this greeting' })).toHaveCount(0)
  await page.getByRole('button', { name: 'Discard it' }).click()
  await choose(page, 'quiet.wav', wav([{ silence: 2 }]))
  await expect(page.getByRole('alert')).toContainText('Nothing is heard')
  await page.getByRole('button', { name: 'Discard it' }).click()
  await choose(page, 'notes.txt', Buffer.from('no sound'))
  await expect(page.getByRole('alert')).toContainText('cannot play this file')
  expect((await greetingOf(page, ownDaemon)).source).toBe('shipped')

  await choose(page, 'hello.wav', wav([{ voice: 2 }]))
  // The draft can be played before callers hear it.
  await page.locator('.greeting-draft .play').click()
  await expect(page.locator('.greeting-draft .play')).toHaveAccessibleName('Pause')
  await page.getByRole('button', { name: 'Use this greeting' }).click()
  await expect(line).toContainText('hello.wav')
  expect(await greetingOf(page, ownDaemon)).toMatchObject({ source: 'page' })
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click()
  await expect(line).toContainText('came with the system')
  expect((await greetingOf(page, ownDaemon)).source).toBe('shipped')
  await page.locator('.greeting summary').click()
  await page.getByRole('button', { name: 'Use this one' }).click()
  await expect(line).toContainText('hello.wav')
})

/** Returns the stored value of a setting. */
async function settingOf(get: Owner['get'], wanted: string): Promise<unknown> {
  const { items } = await get<{ items: { key: string; value: unknown }[] }>('/api/settings')
  return items.find(({ key }) => key === wanted)?.value
}

/** Returns the stored limit for recordings, in days. */
const recordingsDays = (get: Owner['get']) => settingOf(get, 'retention.recordings_days')

test('a bucket for the backups is saved, and an earlier one restored, only after the password', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  const { get } = await owner(page, ownDaemon)
  const stored = () => settingOf(get, 'backup.s3_bucket')
  const address = `${ownDaemon.url}/app/settings/backup?at=backup.s3_bucket`
  await page.goto(address)
  const row = page.locator('.set[data-target]')
  // The password field has no such role.
  const field = row.getByRole('textbox')
  const password = page.getByLabel('Your password, again')
  await field.fill('shop')
  await field.press('Enter')
  await expect(row).toContainText('This needs your password once more.')
  await expect(password).toBeFocused()
  await row.getByRole('button', { name: 'Not now' }).click()
  await expect(password).toHaveCount(0)
  await expect(field).toHaveValue('')
  expect(await stored()).toBeNull()
  await field.fill('shop')
  await field.press('Enter')
  await password.fill(OWNER.password)
  expect(await stored()).toBeNull()
  await row.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(row.getByRole('status')).toContainText('Saved')
  await expect(password).toHaveCount(0)
  expect(await stored()).toBe('shop')
  // The password was entered for that session only.
  await logInAgain(page, ownDaemon)
  await page.goto(address)
  const change = page.locator('.hist li').first()
  await expect(change.locator('ins')).toHaveText('shop')
  await change.getByRole('button', { name: 'Restore' }).click()
  await expect(change).toContainText('This needs your password once more.')
  await expect(password).toBeFocused()
  await expect(page.locator('.toast')).toHaveCount(0)
  await password.fill(OWNER.password)
  expect(await stored()).toBe('shop')
  await change.getByRole('button', { name: 'Save', exact: true }).click()
  await expect.poll(stored).toBeNull()
  await expect(field).toHaveValue('')
})

test('a shorter limit says what it deletes, and asks', async ({ page, ownDaemon }) => {
  await ownDaemon.start()
  await ownDaemon.receive('hello')
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  const { get, send } = await owner(page, ownDaemon)
  const stored = () => recordingsDays(get)
  await page.goto(`${ownDaemon.url}/app/settings/privacy?at=retention.recordings_days`)
  const row = page.locator('.set[data-target]')
  const field = row.locator('input')
  // No data is old enough to be deleted, so the limit is saved at once.
  await field.fill('90')
  await field.press('Enter')
  await expect(row.getByRole('status')).toContainText('Saved')
  expect(await stored()).toBe(90)
  const now = page.locator('.retention-now')
  await expect(now).toContainText('nothing to delete')
  await page.route(/\/api\/retention(\?|$)/, route =>
    route.fulfill({
      json: {
        items: [
          {
            key: 'retention.recordings_days',
            kind: 'recordings',
            before: '2026-01-01T00:00:00.000Z',
            rows: 312,
            bytes: 1_200_000_000,
          },
        ],
      },
    }),
  )
  await field.fill('30')
  await field.press('Enter')
  const question = row.getByRole('alertdialog')
  await expect(question).toContainText('312 recordings')
  await expect(question).toContainText('1.2')
  await question.getByRole('button', { name: 'Leave it as it was' }).click()
  await expect(field).toHaveValue('90')
  expect(await stored()).toBe(90)
  await field.fill('30')
  await field.press('Enter')
  await question.getByRole('button', { name: 'Save and delete' }).click()
  await expect(row.getByRole('status')).toContainText('Saved')
  await expect.poll(stored).toBe(30)
  await expect(now).toContainText('312 recordings')
  // A longer limit deletes nothing, and needs no confirmation.
  await field.fill('60')
  await field.press('Enter')
  await expect.poll(stored).toBe(60)
  // The undo of it, and its restore in the list of changes, would delete data.
  const change = page.locator('.hist li').first()
  await expect(change.locator('ins')).toHaveText('60')
  await row.getByRole('button', { name: 'Undo' }).click()
  await expect(question).toContainText('312 recordings')
  await question.getByRole('button', { name: 'Leave it as it was' }).click()
  await expect(question).toHaveCount(0)
  expect(await stored()).toBe(60)
  await change.getByRole('button', { name: 'Restore' }).click()
  await expect(change.getByRole('alertdialog')).toContainText('312 recordings')
  expect(await stored()).toBe(60)
  await change.getByRole('button', { name: 'Save and delete' }).click()
  await expect.poll(stored).toBe(30)
  await send('PATCH', '/api/settings', { changes: { 'retention.recordings_days': null } })
})

test('a value that is entered before the last one is answered is no change by another user', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  const { get } = await owner(page, ownDaemon)
  const stored = () => recordingsDays(get)
  let answer = () => {}
  const held = new Promise<void>(resolve => {
    answer = resolve
  })
  await page.route('**/api/settings', async route => {
    if (route.request().method() !== 'PATCH') return route.fallback()
    const response = await route.fetch()
    await held
    return route.fulfill({ response })
  })
  await page.goto(`${ownDaemon.url}/app/settings/privacy?at=retention.recordings_days`)
  const row = page.locator('.set[data-target]')
  const field = row.locator('input')
  await field.fill('500')
  await field.press('Enter')
  await expect.poll(stored).toBe(500)
  await field.fill('600')
  await field.press('Enter')
  answer()
  await expect.poll(stored).toBe(600)
  await expect(row.getByRole('status')).toContainText('Saved')
  await expect(field).toHaveValue('600')
  await expect(row.getByRole('alert')).toHaveCount(0)
})

test('a restart is offered where a setting waits for it, and the page comes back by itself', async ({
  page,
  ownDaemon,
}) => {
  await ownDaemon.start()
  await prepare(page, VIEWS[2])
  await logIn(page, ownDaemon)
  const { send } = await owner(page, ownDaemon)
  await send('PATCH', '/api/settings', { changes: { 'alerts.settle_s': 61 } })
  // The tests do not run under systemd, so the page shows the command instead.
  await page.goto(`${ownDaemon.url}/app/settings/health`)
  await expect(page.getByText('systemctl restart agentlocator')).toBeVisible()
  await page.route('**/api/restart', route =>
    route.request().method() === 'POST'
      ? route.fulfill({ status: 202, json: { supported: true, calls: 0, waiting: false } })
      : route.fulfill({ json: { supported: true, calls: 0, waiting: false } }),
  )
  await page.reload()
  await page.getByRole('button', { name: 'Restart', exact: true }).click()
  await expect(page.getByText('Restarting…')).toBeVisible()
  await ownDaemon.stop()
  await ownDaemon.start()
  await expect(page.getByText('The system is back')).toBeVisible({ timeout: 20_000 })
})
