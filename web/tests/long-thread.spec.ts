import type { Locator, Page, Request } from '@playwright/test'
import { contactOf, owner } from './support/api'
import type { Daemon } from './support/daemon'
import { expect, long, prepare, test, VIEWS } from './support/fixtures'

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

/**
 * Scrolls by small steps, as a wheel does, until a message with this text is attached. Returns by how many pixels a row
 * moved at most, apart from these steps, between what two consecutive frames show.
 */
const scrollUntil = (talk: Locator, text: string, step: number): Promise<number> =>
  talk.evaluate(
    (box, [text, step]) =>
      new Promise<number>((resolve, reject) => {
        let frames = 0
        let largest = 0
        let watched: { row: Element; top: number } | undefined
        const top = (row: Element) => row.getBoundingClientRect().top
        const look = () => {
          if (watched?.row.isConnected) largest = Math.max(largest, Math.abs(top(watched.row) - watched.top))
          const { y, height } = box.getBoundingClientRect()
          const row = [...box.querySelectorAll('.trow')].find(one => top(one) > y + height / 3)
          watched = row && { row, top: top(row) }
        }
        const move = () => {
          if ([...box.querySelectorAll('.msg')].some(one => one.textContent?.includes(text))) return end()
          if (++frames > 4_000) return end(new Error(`${text} was not reached`))
          const from = box.scrollTop
          box.scrollTop += step
          if (watched) watched.top -= box.scrollTop - from
          // The browser would report the scroll only before the next frame.
          box.dispatchEvent(new Event('scroll'))
          next()
        }
        // In a frame, observers of sizes are called in the order in which they were created. So this one sees what the
        // frame will show: the list has measured its rows.
        const probe = document.body.appendChild(document.createElement('div'))
        probe.style.position = 'fixed'
        const observer = new ResizeObserver(() => {
          look()
          setTimeout(move)
        })
        const next = () =>
          requestAnimationFrame(() => {
            probe.style.blockSize = `${frames % 2}px`
          })
        const end = (error?: Error) => {
          observer.disconnect()
          probe.remove()
          error ? reject(error) : resolve(largest)
        }
        // A wheel event tells the list that the user scrolls.
        box.dispatchEvent(new WheelEvent('wheel'))
        observer.observe(probe)
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

  // Older and newer entries are loaded while the user scrolls, and no row moves by itself.
  expect(await scrollUntil(talk, message(480), -240)).toBeLessThanOrEqual(2)
  expect(await scrollUntil(talk, message(900), 240)).toBeLessThanOrEqual(2)
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
  expect(await scrollUntil(talk, 'שוב', 240)).toBeLessThanOrEqual(2)
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

/** Holds the page's requests for a timeline with this parameter. The returned function waits for one and lets all go. */
async function hold(page: Page, parameter: string): Promise<() => Promise<void>> {
  let resolve: () => void = () => undefined
  const promise = new Promise<void>(done => {
    resolve = done
  })
  const isHeld = (url: URL) => url.pathname.endsWith('/timeline') && url.searchParams.has(parameter)
  const asked = page.waitForRequest(request => isHeld(new URL(request.url())))
  await page.route(isHeld, async route => {
    await promise
    // The page may have given the request up.
    await route.continue().catch(() => undefined)
  })
  return async () => {
    await asked
    resolve()
  }
}

test('a row at the edge of what is loaded stays in its place when entries join', long, async ({ page, ownDaemon }) => {
  test.slow()
  const { contact, idOf } = await fill(page, ownDaemon)
  await prepare(page, VIEWS[0])
  const talk = page.locator('.talk.scroll')
  const bubble = (number: number) => talk.locator('.msg', { hasText: message(number) })
  /** Opens a message far back, scrolls to an edge of the entries around it, and lets the next ones join there. */
  const join = async (opened: number, edge: 'before' | 'after', shown: number, joined: number) => {
    const release = await hold(page, edge)
    await page.goto(`${ownDaemon.url}/app/inbox/${contact}?message=${idOf(opened)}`)
    await expect(bubble(opened)).toBeInViewport()
    await talk.press(edge === 'before' ? 'Home' : 'End')
    await expect(bubble(shown)).toBeInViewport()
    const place = await standing(bubble(shown))
    await release()
    await expect(bubble(joined)).toBeAttached()
    expect(Math.abs((await standing(bubble(shown))) - place)).toBeLessThanOrEqual(2)
  }
  await join(700, 'before', 653, 646)
  // The newest entries join here.
  await join(MESSAGES - 130, 'after', MESSAGES - 84, MESSAGES - 76)
  await expect(page.locator('.to-end')).toBeVisible()
})

test(
  'a date that arrives after the user has returned to the newest message is not shown',
  long,
  async ({ page, ownDaemon }) => {
    const { contact } = await fill(page, ownDaemon)
    await prepare(page, VIEWS[0])
    await page.goto(`${ownDaemon.url}/app/inbox/${contact}`)
    const talk = page.locator('.talk.scroll')
    const last = talk.locator('.msg', { hasText: message(MESSAGES) })
    await expect(last).toBeInViewport()
    await scrollUntil(talk, message(MESSAGES - 40), -240)
    const release = await hold(page, 'around')
    const isIt = (request: Request) => request.url().includes('around=')
    const ended = Promise.race([page.waitForEvent('requestfinished', isIt), page.waitForEvent('requestfailed', isIt)])
    await page.getByRole('slider').press('Home')
    await expect(page.locator('.jumping')).toBeVisible()
    await page.locator('.to-end').click()
    await expect(last).toBeInViewport()
    await release()
    await ended
    await standing(last)
    await expect(last).toBeInViewport()
    await expect(page.locator('.to-end')).toHaveCount(0)
    await expect(page.locator('.jumping')).toHaveCount(0)
  },
)
