import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { beforeEach, expect, test, vi } from 'vitest'
import { answerClick } from './strip/clicks'

const form = { isDirty: false }
vi.mock('#shared/unsaved', () => ({ hasUnsaved: () => form.isDirty }))
let offered = () => {}
vi.mock('#shared/components/toasts', () => ({
  toast: {
    offer: (_text: unknown, _label: unknown, run: () => void) => {
      did.push('offer')
      offered = run
    },
  },
}))

const WORKER = readFileSync(new URL('../../../public/sw.js', import.meta.url), 'utf8')

/** What a click did: the tab that the page navigated, focused or reloaded, and the windows that were opened. */
let did: string[] = []
beforeEach(() => {
  form.isDirty = false
  did = []
})

/** `answer` handles a message of the service worker. */
const tabThat = (answer: (event: Pick<MessageEvent, 'data' | 'ports'>) => void) => ({
  focus: async () => did.push('focus'),
  navigate: async (href: string) => did.push(`reload ${href}`),
  postMessage: (data: unknown, ports: MessagePort[]) => answer({ data, ports }),
})
const page = tabThat(event => answerClick(event, href => did.push(`go ${href}`)))

/** Resolves when the service worker has handled the click. */
async function click(windows: ReturnType<typeof tabThat>[]): Promise<void> {
  const listeners = new Map<string, (event: unknown) => void>()
  const self = {
    addEventListener: (type: string, listener: (event: unknown) => void) => listeners.set(type, listener),
    clients: { matchAll: async () => windows, openWindow: async (href: string) => did.push(`window ${href}`) },
  }
  runInNewContext(WORKER, { self, MessageChannel, setTimeout, Date })
  let handled: Promise<unknown> | undefined
  listeners.get('notificationclick')?.({
    notification: { close: () => did.push('close'), data: { url: '/app/inbox/7' } },
    waitUntil: (work: Promise<unknown>) => {
      handled = work
    },
  })
  await handled
}

test('a click opens the conversation in the open tab, without a reload', async () => {
  await click([page])
  expect(did).toEqual(['close', 'go /app/inbox/7', 'focus'])
})

test('a click only focuses a tab with unsaved changes, which offers the conversation', async () => {
  form.isDirty = true
  await click([page])
  expect(did).toEqual(['close', 'offer', 'focus'])
  offered()
  expect(did).toEqual(['close', 'offer', 'focus', 'go /app/inbox/7'])
})

test('without an open tab a click opens one', async () => {
  await click([])
  expect(did).toEqual(['close', 'window /app/inbox/7'])
})

test('a click opens another tab if the tab does not answer, which does nothing when it continues later', async () => {
  let late = () => {}
  const frozen = tabThat(event => {
    late = () => answerClick(event, href => did.push(`go ${href}`))
  })
  await click([frozen])
  vi.useFakeTimers({ now: Date.now() + 1_000 })
  late()
  vi.useRealTimers()
  expect(did).toEqual(['close', 'window /app/inbox/7'])
})
