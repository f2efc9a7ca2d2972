import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '#shared/api/errors'
import { recall, remember } from '#shared/storage'
import type { Outgoing } from './outbox'

const events = new Map<string, (event: object) => void>()
vi.stubGlobal('addEventListener', (name: string, listen: (event: object) => void) => events.set(name, listen))
vi.stubGlobal('removeEventListener', () => undefined)
const answers: (ApiError | number)[] = []
const keys: string[] = []
vi.mock('./api', () => ({
  call: async (method: string, path: string, { headers }: { headers: Record<string, string> }) => {
    expect([method, path]).toEqual(['POST', '/api/whatsapp/send'])
    keys.push(headers['Idempotency-Key'] ?? '')
    const answer = answers.shift() ?? new ApiError(0, {})
    if (answer instanceof ApiError) throw answer
    return { message_id: answer }
  },
}))
const sentByLeaving: string[] = []
vi.mock('#shared/api/client', async original => ({
  ...(await original<object>()),
  raw: async (_: string, { headers }: { headers: Record<string, string> }) => {
    sentByLeaving.push(headers['Idempotency-Key'] ?? '')
  },
}))
const { againKey, HOLD_MS, outbox, sentAgain } = await import('./outbox')

let isPhone = false
vi.stubGlobal('matchMedia', () => ({ matches: isPhone }))
const page = {
  visibilityState: 'visible',
  addEventListener: (name: string, listen: (event: object) => void) => events.set(name, listen),
  removeEventListener: () => undefined,
}
vi.stubGlobal('document', page)
const hide = () => {
  page.visibilityState = 'hidden'
  events.get('visibilitychange')?.({})
}

const stored = () => JSON.parse(recall('outgoing') ?? '[]') as Outgoing[]
const states = () => stored().map(({ state }) => state)
const write = (text: string) => outbox.add({ contactId: 7, to: '+972541234567', text, provider: 'auto' })
const resend = (provider: Outgoing['provider']) =>
  outbox.add({ key: againKey(5), contactId: 7, to: '+972541234567', text: 'shalom', provider })
let leave: () => void = () => undefined

beforeEach(() => {
  vi.useFakeTimers()
  answers.splice(0)
  keys.splice(0)
  sentByLeaving.splice(0)
  isPhone = false
  page.visibilityState = 'visible'
  leave = outbox.start(1)
})
afterEach(() => {
  outbox.drop(stored().map(({ key }) => key))
  leave()
  remember('outgoing', null)
  remember('again', null)
  vi.useRealTimers()
})

for (const [name, refusal] of [
  ['the session has ended', new ApiError(401, { code: 'unauthorized' })],
  ['another user has logged in', new ApiError(403, { code: 'csrf' })],
] as const) {
  test(`a message waits for its author's next session if ${name}`, async () => {
    const { key } = write('shalom')
    answers.push(refusal)
    await vi.advanceTimersByTimeAsync(HOLD_MS)
    expect(states()).toEqual(['waiting'])
    leave()
    leave = outbox.start(2)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(keys).toEqual([key])
    leave()
    answers.push(41)
    leave = outbox.start(1)
    await vi.advanceTimersByTimeAsync(0)
    expect(keys).toEqual([key, key])
    expect(states()).toEqual(['sent'])
  })
}

test('a login keeps the messages that another tab has stored since the page was opened', async () => {
  const sent = write('shalom')
  leave()
  // While this page shows the login, another tab sends the message and stores one that is still to be sent.
  remember('outgoing', JSON.stringify([{ ...sent, key: 'other', state: 'waiting' }]))
  answers.push(41)
  leave = outbox.start(1)
  await vi.advanceTimersByTimeAsync(HOLD_MS)
  expect(keys).toEqual(['other'])
  expect(stored()).toMatchObject([{ key: 'other', state: 'sent' }])
})

test('a message whose quote was refused is sent again, or edited, without the quote', async () => {
  const reply = { id: 9, text: 'deleted', isOurs: false, provider: null }
  const base = { contactId: 7, to: '+972541234567', text: 'shalom', provider: 'auto', reply } as const
  const refused = async () => {
    const { key } = outbox.add(base)
    answers.push(new ApiError(422, { code: 'reply_to_unknown' }))
    await vi.advanceTimersByTimeAsync(HOLD_MS)
    return key
  }
  expect(outbox.stop(await refused())?.reply).toBeUndefined()
  const key = await refused()
  answers.push(41)
  outbox.retry(key)
  await vi.advanceTimersByTimeAsync(HOLD_MS)
  expect(stored().at(-1)?.reply).toBeUndefined()
})

test('the messages to an erased contact are withdrawn', async () => {
  write('shalom')
  const other = outbox.add({ contactId: 8, to: '+972541111111', text: 'hi', provider: 'auto' })
  outbox.forget(7)
  answers.push(41)
  await vi.advanceTimersByTimeAsync(HOLD_MS)
  expect(keys).toEqual([other.key])
})

test('a refused message stays, and can be withdrawn', async () => {
  const { key } = write('shalom')
  answers.push(new ApiError(422, { code: 'contact_opted_out' }))
  await vi.advanceTimersByTimeAsync(HOLD_MS)
  expect(states()).toEqual(['failed'])
  expect(outbox.stop(key)?.text).toBe('shalom')
  expect(states()).toEqual([])
})

test('a message can be stopped only before the first attempt: a lost response may have been an acceptance', async () => {
  const first = write('before')
  expect(outbox.stop(first.key)?.text).toBe('before')
  const { key } = write('after')
  await vi.advanceTimersByTimeAsync(HOLD_MS)
  expect(states()).toEqual(['waiting'])
  expect(outbox.stop(key)).toBeUndefined()
  answers.push(42)
  outbox.flush()
  await vi.advanceTimersByTimeAsync(0)
  expect(states()).toEqual(['sent'])
})

test('a message that was written days ago is not sent without a question, and keeps its key', async () => {
  const { key } = write('shalom')
  leave()
  vi.setSystemTime(Date.now() + 8 * 24 * 3_600_000)
  leave = outbox.start(1)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(keys).toEqual([])
  expect(stored()).toMatchObject([{ key, state: 'failed', error: { code: 'too_old' } }])

  answers.push(7)
  outbox.retry(key)
  await vi.advanceTimersByTimeAsync(0)
  expect(stored()).toMatchObject([{ key, state: 'sent', messageId: 7 }])
  expect(keys).toEqual([key])
})

test('a failed message that another user has sent again by another provider is not sent a second time', async () => {
  resend('twilio')
  answers.push(new ApiError(422, { code: 'key_reused' }))
  await vi.advanceTimersByTimeAsync(HOLD_MS)
  expect(states()).toEqual([])
  expect(sentAgain()).toContain(5)
})

test('all attempts to send a failed message again have one key, whichever provider is chosen', async () => {
  const { key } = resend('auto')
  expect(resend('twilio').key).toBe(key)
  expect(states()).toEqual(['held'])
  answers.push(new ApiError(422, { code: 'no_provider' }), 42)
  await vi.advanceTimersByTimeAsync(HOLD_MS)
  expect(states()).toEqual(['failed'])
  outbox.retry(key, 'baileys')
  await vi.advanceTimersByTimeAsync(0)
  expect(keys).toEqual([key, key])
  expect(sentAgain()).toContain(5)
})

test('a page that is left sends what was written on it, and tries again when the user returns to it', async () => {
  const { key, ...rest } = write('shalom')
  // Another tab stores a message.
  remember('outgoing', JSON.stringify([...stored(), { ...rest, key: 'other' }]))
  events.get('storage')?.({ key: 'agentlocator.outgoing' })
  events.get('pagehide')?.({})
  expect(sentByLeaving).toEqual([key])
  expect(states()).toEqual(['waiting', 'held'])
  answers.push(41)
  events.get('pageshow')?.({ persisted: true })
  await vi.advanceTimersByTimeAsync(0)
  expect(keys).toEqual([key])
  expect(states()).toEqual(['sent', 'held'])
})

test('a phone sends a held message when the page is hidden, and learns the result if the page continues', async () => {
  isPhone = true
  const { key } = write('shalom')
  hide()
  expect(sentByLeaving).toEqual([key])
  expect(states()).toEqual(['waiting'])
  answers.push(41)
  await vi.advanceTimersByTimeAsync(HOLD_MS)
  expect(keys).toEqual([key])
  expect(states()).toEqual(['sent'])
})

test('a hidden page of a computer, which continues to run, holds a message as long as a visible one', async () => {
  const { key } = write('shalom')
  hide()
  expect(sentByLeaving).toEqual([])
  expect(states()).toEqual(['held'])
  answers.push(41)
  await vi.advanceTimersByTimeAsync(HOLD_MS)
  expect(keys).toEqual([key])
})
