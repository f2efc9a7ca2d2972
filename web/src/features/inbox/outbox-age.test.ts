import { expect, test, vi } from 'vitest'

const call = vi.hoisted(() => vi.fn(() => Promise.resolve({ message_id: 7 })))
vi.mock('./api', () => ({ call }))

const DAY_MS = 24 * 3_600_000
const stored = new Map<string, string>()
vi.stubGlobal('localStorage', {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => stored.set(key, value),
  removeItem: (key: string) => stored.delete(key),
})
vi.stubGlobal('addEventListener', () => undefined)
vi.stubGlobal('removeEventListener', () => undefined)

const outgoing = () => JSON.parse(stored.get('agentlocator.outgoing') ?? '[]')

test('a message that was written days ago is not sent without a question, and keeps its key', async () => {
  const at = Date.now() - 8 * DAY_MS
  const held = {
    userId: 1,
    contactId: 2,
    to: '+972501234567',
    text: 'shalom',
    provider: 'auto',
    sendAt: 0,
    state: 'held',
  }
  stored.set('agentlocator.outgoing', JSON.stringify([{ ...held, key: 'old', at }]))
  const { outbox } = await import('./outbox')
  const stop = outbox.start(1)
  expect(call).not.toHaveBeenCalled()
  expect(outgoing()).toMatchObject([{ key: 'old', state: 'failed', error: { code: 'too_old' } }])

  outbox.retry('old')
  await vi.waitFor(() => expect(outgoing()).toMatchObject([{ key: 'old', state: 'sent', messageId: 7 }]))
  expect(call).toHaveBeenCalledExactlyOnceWith(
    'POST',
    '/api/whatsapp/send',
    expect.objectContaining({ headers: { 'Idempotency-Key': 'old' } }),
  )
  stop()
})
