import type { Locator, Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, prepare, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'
const MESSAGES = 20_000
/** A message every half an hour: more than a year. */
const STEP_MIN = 30

const message = (number: number) => `הודעה מספר ${number}.`

/** Creates a conversation of 20,000 messages. Returns the contact's id and the ids of the messages by their number. */
async function fill(page: Page, daemon: Daemon) {
  await daemon.start()
  await daemon.receive('אחרונה', NOA, 'נועה ברק')
  const contact = (await contactOf(await owner(page, daemon), NOA)).id
  await daemon.stop()
  await daemon.database(database => {
    // The conversation begins more than a year before its last message, and so does the contact.
    const at = `strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || ((${MESSAGES} + 1 - i) * ${STEP_MIN}) || ' minutes')`
    database.exec(`
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MESSAGES})
      INSERT INTO messages(id, thread_id, direction, message_type, content_text, provider, provider_msg_id, status, created_at)
      SELECT 100000 + i, t.id, iif(i % 3 = 0, 'out', 'in'), 'text',
             'הודעה מספר ' || i || '.' || iif(i % 7 = 1, char(10) || 'ועוד שורה', ''),
             'baileys', 'long-' || i, iif(i % 3 = 0, 'read', 'received'), ${at}
      FROM n, threads t WHERE t.contact_id = ${contact} AND t.type = 'whatsapp';
      UPDATE contacts SET created_at = (SELECT min(created_at) FROM messages);
    `)
  })
  await daemon.start()
  return { contact, idOf: (number: number) => 100_000 + number }
}

/** The position of an element once it is the same in consecutive frames. */
const standing = (element: Locator): Promise<number> =>
  element.evaluate(
    node =>
      new Promise<number>(resolve => {
        const look = (before: number, same: number) =>
          requestAnimationFrame(() => {
            const { top } = node.getBoundingClientRect()
            if (top === before && same >= 10) resolve(top)
            else look(top, top === before ? same + 1 : 0)
          })
        look(Number.NaN, 0)
      }),
  )

/** Scrolls by small steps, as a wheel does, until a message with this text is attached. */
const scrollUntil = (talk: Locator, text: string, step: number): Promise<void> =>
  talk.evaluate(
    (box, [text, step]) =>
      new Promise<void>((resolve, reject) => {
        let frames = 0
        const move = () => {
          if ([...box.querySelectorAll('.msg')].some(one => one.textContent?.includes(text))) return resolve()
          if (++frames > 4_000) return reject(new Error(`${text} was not reached`))
          box.scrollTop += step
          requestAnimationFrame(() => setTimeout(move))
        }
        // A wheel event tells the list that the user scrolls.
        box.dispatchEvent(new WheelEvent('wheel'))
        move()
      }),
    [text, step] as const,
  )

test('in a conversation of 20,000 messages each one is a few requests away', async ({ page, ownDaemon }) => {
  test.slow()
  const { contact, idOf } = await fill(page, ownDaemon)
  await prepare(page, VIEWS[0])
  const asked: string[] = []
  page.on('request', request => {
    if (request.url().includes('/timeline')) asked.push(new URL(request.url()).search)
  })
  const talk = page.locator('.talk.scroll')
  const bubble = (number: number) => talk.locator('.msg', { hasText: message(number) })
  const toEnd = page.locator('.to-end')

  await page.goto(`${ownDaemon.url}/app/inbox/${contact}?message=${idOf(700)}`)
  await expect(bubble(700)).toBeInViewport()
  await expect(bubble(700)).toHaveClass(/found/)
  expect(asked.length, asked.join('\n')).toBeLessThan(6)

  // What arrives meanwhile is not put behind messages of last year.
  await ownDaemon.receive('עכשיו', NOA)
  await expect(toEnd).toContainText('הודעה חדשה')
  await expect(talk).not.toContainText('עכשיו')

  // Older and newer entries are loaded while the user scrolls.
  await scrollUntil(talk, message(480), -240)
  await scrollUntil(talk, message(900), 240)
  await expect(talk).not.toContainText('עכשיו')

  await toEnd.click()
  await expect(talk).toContainText('עכשיו')
  await expect(bubble(MESSAGES)).toBeInViewport()
  await expect(toEnd).toHaveCount(0)

  asked.length = 0
  const scrubber = page.getByRole('slider')
  await scrubber.press('Home')
  await expect(bubble(1)).toBeInViewport()
  expect(asked.length, asked.join('\n')).toBeLessThan(4)
  const first = await standing(bubble(1))
  await ownDaemon.receive('שוב', NOA)
  await expect(toEnd).toContainText('הודעה חדשה')
  expect(Math.abs((await standing(bubble(1))) - first)).toBeLessThan(3)
  expect(await page.locator('*').count()).toBeLessThan(3_000)

  // The newest entries follow without a gap.
  await page.goto(`${ownDaemon.url}/app/inbox/${contact}?message=${idOf(MESSAGES - 130)}`)
  await expect(bubble(MESSAGES - 130)).toBeInViewport()
  await scrollUntil(talk, 'שוב', 240)
  await expect(bubble(MESSAGES)).toBeAttached()
  await talk.press('End')
  await expect(toEnd).toHaveCount(0)
  await ownDaemon.receive('ועוד אחת', NOA)
  await expect(talk.locator('.msg', { hasText: 'ועוד אחת' })).toBeInViewport()
})

test('an own message that is sent while old ones are shown is visible at the end', async ({ page, ownDaemon }) => {
  const { contact, idOf } = await fill(page, ownDaemon)
  await prepare(page, VIEWS[0])
  await page.goto(`${ownDaemon.url}/app/inbox/${contact}?message=${idOf(5_000)}`)
  const talk = page.locator('.talk.scroll')
  await expect(talk.locator('.msg', { hasText: message(5_000) })).toBeInViewport()
  await page.locator('.write textarea').fill('התשובה שלי')
  await page.keyboard.press('Enter')
  await expect(talk.locator('.msg', { hasText: 'התשובה שלי' })).toBeInViewport()
})
