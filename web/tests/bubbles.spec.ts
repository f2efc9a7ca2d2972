import type { Page } from '@playwright/test'
import { contactOf, owner } from './support/api'
import { expect, long, prepare, shot, test, VIEWS } from './support/fixtures'

const NOA = '+972527614408'
const PICTURE = '/icon.svg'
const STATUSES = ['queued', 'sent', 'delivered', 'read', 'failed'] as const

const file = (more: object) => ({
  position: 0,
  state: 'stored',
  url: PICTURE,
  thumbnail_url: PICTURE,
  bytes: 2231,
  ...more,
})

/** Kinds of messages. The test gives each kind to two messages, with different directions and statuses. */
const KINDS: readonly object[] = [
  { media_kind: 'image', content_text: '', files: [file({ mime: 'image/png', width: 240, height: 160 })] },
  { media_kind: 'image', files: [file({ mime: 'image/png', width: 60, height: 300 })] },
  {
    media_kind: 'document',
    content_text: '',
    files: [file({ mime: 'application/pdf', file_name: 'הצעת מחיר ארוכה מאוד לאירוע 2231.pdf' })],
  },
  { media_kind: 'voice', content_text: '', files: [file({ mime: 'audio/ogg', duration_ms: 61_000 })] },
  { media_kind: 'image', files: [file({ state: 'failed', url: null, thumbnail_url: null, mime: 'image/png' })] },
  { media_kind: 'location', content_text: '' },
  {
    media_kind: 'location',
    content_text: '',
    location: { latitude: 32.0853, longitude: 34.7818, name: 'דיזנגוף סנטר', address: 'דיזנגוף 50, תל אביב' },
  },
  {
    button: { text: null, payload: 'confirm-1' },
    referral: { headline: 'מבצע תספורת', body: 'רק השבוע', url: 'https://fb.me/x' },
  },
  { deleted_at: '2026-11-20T08:00:00.000Z' },
  { quote: { message_id: 1, content_text: 'ציטוט ארוך שלא נכנס בשורה אחת של הבועה בטלפון צר', direction: 'in' } },
  { reactions: [{ actor: 'a', emoji: '👍', at: '2026-11-20T08:00:00.000Z' }] },
  { edits: [{ at: '2026-11-20T08:00:00.000Z', text: 'לפני' }], author: 'phone' },
  { author: 'agent' },
  { template: true },
  { template: true, media_kind: 'document', files: [file({ mime: 'application/pdf', extension: 'pdf' })] },
  { media_kind: 'other', content_text: '', phone_only: 'view_once' },
  { media_kind: 'text', content_text: '' },
  { content_text: 'מסיבה', event_at: '2026-11-20T08:00:00.000Z' },
]

/** Returns the bubbles that leave the pane, or whose line of time and status overlaps other content or leaves them. */
function collisions(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const faults: string[] = []
    for (const bubble of document.querySelectorAll('.trow .bub')) {
      const box = bubble.getBoundingClientRect()
      const pane = bubble.closest('.talk')?.getBoundingClientRect()
      const meta = bubble.querySelector('.meta')
      const name = `${bubble.closest('.msg')?.className}: ${bubble.textContent?.slice(0, 40)}`
      if (pane && (box.left < pane.left - 1 || box.right > pane.right + 1)) faults.push(`beside the pane ${name}`)
      if (!meta) continue
      const line = meta.getBoundingClientRect()
      if (line.left < box.left - 1 || line.right > box.right + 1 || line.bottom > box.bottom + 1)
        faults.push(`outside ${name}`)
      const range = document.createRange()
      const walker = document.createTreeWalker(bubble, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT)
      const others: { box: DOMRect; what: string }[] = []
      while (walker.nextNode()) {
        const node = walker.currentNode
        const element = node instanceof Element ? node : node.parentElement
        if (!element || element.closest('.meta, .vh, .reactions')) continue
        if (node instanceof Text) {
          range.selectNodeContents(node)
          others.push(...[...range.getClientRects()].map(box => ({ box, what: node.data })))
        } else if (element.matches('img, svg, button'))
          others.push({ box: element.getBoundingClientRect(), what: element.outerHTML.slice(0, 60) })
      }
      const under = others.find(
        ({ box: { left, right, top, bottom, width, height } }) =>
          width > 0 &&
          height > 0 &&
          Math.min(right, line.right) - Math.max(left, line.left) > 1 &&
          Math.min(bottom, line.bottom) - Math.max(top, line.top) > 3,
      )
      if (under) faults.push(`on «${under.what}» in ${name}`)
    }
    return faults
  })
}

test('time and ticks never lie on the text, in any kind of bubble', long, async ({ page, ownDaemon }) => {
  test.slow()
  await ownDaemon.start()
  const word = 'מילה '
  // Lines of 1 to 44 characters, alternately in English and Hebrew.
  for (let at = 0; at < 44; at++) {
    await ownDaemon.receive(
      at % 2 ? word.repeat(8).slice(0, at + 1) : 'The quick brown fox jumps over the lazy dog, '.slice(0, at + 1),
      NOA,
      'נועה ברק',
    )
  }
  const { id } = await contactOf(await owner(page, ownDaemon), NOA)
  await page.route('**/api/contacts/*/timeline?*', async route => {
    const response = await route.fetch({ maxRetries: 2 })
    const body = await response.json()
    for (const [at, { message }] of body.items.entries()) {
      if (!message) continue
      const isOut = at % 3 !== 0
      // Each message is in a separate group, so that each shows its time.
      message.created_at = new Date(Date.UTC(2026, 10, 20, 8) + at * 3_600_000).toISOString()
      if (isOut)
        Object.assign(message, { direction: 'out', author: 'user', provider: 'twilio', status: STATUSES[at % 5] })
      if (at % 2) Object.assign(message, KINDS[at % KINDS.length])
    }
    await route.fulfill({ json: body })
  })
  const session = await page.context().newCDPSession(page)
  const setFont = (px: number) => session.send('Page.setFontSizes', { fontSizes: { standard: px, fixed: px - 3 } })
  for (const [view, font] of [...VIEWS.map(view => [view, 16] as const), [VIEWS[1], 32] as const]) {
    await setFont(font)
    await prepare(page, view)
    await page.goto(`${ownDaemon.url}/app/inbox/${id}`)
    await expect(page.locator('.trow .meta').first()).toBeVisible()
    const talk = page.locator('.talk.scroll')
    const found = new Set<string>()
    // Scrolls from the end to the start, because only the rows near the screen are rendered.
    for (let step = 0; step < 40; step++) {
      for (const fault of await collisions(page)) found.add(fault)
      const top = await talk.evaluate(element => {
        element.scrollTop -= element.clientHeight
        return element.scrollTop
      })
      if (top <= 0) break
      await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))))
    }
    await shot(page, `bubbles-${view.language}-${view.width}`)
    expect([...found], `${view.language} ${view.width}, font of ${font} px`).toEqual([])
  }
  // The font size is a setting of the browser window, which the next test reuses.
  await setFont(16)
})
