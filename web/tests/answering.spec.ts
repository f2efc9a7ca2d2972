import { owner } from './support/api'
import { expect, inspectAll, logInAgain, long, prepare, test, VIEWS } from './support/fixtures'

const PHONE = '+972541112233'

test('the choice of who answers', long, async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  const { send } = await owner(page, ownDaemon)
  await send('PUT', '/api/answering', { mode: 'agent' })
  for (const path of ['today', 'calls']) {
    await page.goto(`${ownDaemon.url}/app/${path}`)
    await expect(page.locator('.who-answers select')).toHaveCount(2)
    const label = await page.locator('.who-answers label').boundingBox()
    const field = await page.locator('.who-answers select').first().boundingBox()
    expect(label?.y, `${path}: the label is beside its field`).toBeGreaterThan(field?.y ?? Number.NaN)
    await inspectAll(page, `who-answers-${path}`)
  }
})

test('the owner switches who answers with the keyboard, until a time, with undo', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  const { send, get } = await owner(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/today`)
  const who = page.getByLabel('מי עונה', { exact: true })
  await expect(who).toHaveValue('settings')
  // No phone can ring yet.
  await expect(who.locator('option[value=ring]')).toBeDisabled()
  await send('PATCH', '/api/settings', { changes: { 'agent.transfer_to': PHONE } })
  await expect(who.locator('option[value=ring]')).toBeEnabled()

  await who.focus()
  await page.keyboard.press('ArrowDown')
  await expect(page.locator('.who-answers')).toContainText('כל שיחה מגיעה לתא הקולי')
  await expect(page.locator('.toast').last()).toContainText('מהשיחה הבאה הסוכן עונה מיד')
  await expect.poll(async () => (await get<{ mode: string }>('/api/answering')).mode).toBe('agent')
  await page.locator('.toast').last().getByRole('button', { name: 'ביטול' }).click()
  await expect(who).toHaveValue('settings')

  await who.selectOption('ring')
  await page.getByLabel('עד מתי').selectOption('time')
  // Not the browser's own field, whose form depends on the browser's language.
  await expect(page.getByLabel('השעה')).toHaveAttribute('inputmode', 'numeric')
  await page.getByLabel('השעה').fill('25:00')
  await page.keyboard.press('Enter')
  await expect(page.locator('.who-answers')).toContainText('שעה נכתבת כך')
  await page.getByLabel('השעה').fill('23:59')
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('עד מתי').locator('option:checked')).toContainText('23:59')
  const state = await get<{ mode: string; until: string; rings: boolean }>('/api/answering')
  expect([state.mode, state.rings]).toEqual(['ring', true])

  // Another client switches; the page follows, on the list of calls too.
  await page.goto(`${ownDaemon.url}/app/calls`)
  await expect(who).toHaveValue('ring')
  await send('PUT', '/api/answering', { mode: 'settings' })
  await expect(who).toHaveValue('settings')
})

test('the switch in English', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[3])
  await ownDaemon.start()
  await owner(page, ownDaemon)
  await page.goto(`${ownDaemon.url}/app/today`)
  const who = page.getByLabel('Who answers', { exact: true })
  await who.selectOption('agent')
  await expect(page.locator('.toast').last()).toContainText('From the next call on, the agent answers at once')
  await expect(page.locator('.who-answers')).toContainText('Every call goes to voicemail')
})

test('the agent answers only with a key, and skipped steps of the set-up stay in sight', async ({
  page,
  ownDaemon,
}) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  const { send, get } = await owner(page, ownDaemon)
  const { completed } = await get<{ completed: string[] }>('/api/setup/progress')
  const steps = ['name', 'address', 'phone', 'whatsapp', 'ai', 'greeting', 'business', 'agent', 'call']
  for (const step of steps.filter(step => !completed.includes(step))) {
    await send('PUT', '/api/setup/progress', { step, skipped: true })
  }
  await page.goto(`${ownDaemon.url}/app/today`)
  const who = page.locator('.who-answers')
  await expect(who).toContainText('עוד לא הגיעה לכאן שיחה.')
  await expect(who).toContainText('כל שיחה מגיעה לתא הקולי')
  await expect(who).not.toContainText('הסוכן עונה')
  const skipped = page.locator('.strip.skipped')
  await expect(skipped).toContainText('מפתח AI')
  await send('PATCH', '/api/settings', { changes: { 'openai.api_key': 'sk-test-0123456789abcdef' } })
  await expect(who).toContainText('הסוכן עונה מיד')
  await expect(skipped).not.toContainText('מפתח AI')
  await skipped.getByRole('link').click()
  await expect(page).toHaveURL(/\/app\/setup\//)
  await page.goto(`${ownDaemon.url}/app/calls`)
  await send('PATCH', '/api/settings', { changes: { 'voice.engine': 'voicemail' } })
  await expect(who).toContainText('כל שיחה מגיעה לתא הקולי')
  await expect(who.getByRole('link', { name: 'הגדרות הטלפון' })).toBeVisible()
})

test('staff see that no agent answers, without a link that is not for them', async ({ page, ownDaemon }) => {
  await prepare(page, VIEWS[0])
  await ownDaemon.start()
  const gal = { name: 'gal', password: 'another long 7 password' }
  await ownDaemon.cli(['user', 'add', gal.name, '--role', 'staff'], gal.password)
  await logInAgain(page, ownDaemon, gal)
  await page.goto(`${ownDaemon.url}/app/calls`)
  const who = page.locator('.who-answers')
  await expect(who).toContainText('כל שיחה מגיעה לתא הקולי')
  await expect(who.getByRole('link')).toHaveCount(0)
})
