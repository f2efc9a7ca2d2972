import { expect, test, vi } from 'vitest'
import { compareClocks } from '#shared/format/clock'
import type { TimelineItem } from '../api'
import type { Outgoing } from '../outbox'
import { firstUnread, newestAnswer, rowsOf } from './rows'

const message = (id: number, at: string, direction: 'in' | 'out' = 'in', author?: string): TimelineItem =>
  ({
    kind: 'message',
    at,
    message: { id, direction, author, created_at: at, edits: [], files: [], reactions: [], content_text: 'x' },
  }) as never
const dayOf = (at: string) => at.slice(0, 10)
const shape = (items: TimelineItem[], unread = 0, outgoing: Outgoing[] = []) =>
  rowsOf({ items, hasOlder: false, outgoing, unread, unreadUntil: null, dayOf }).map(row =>
    row.type === 'item' ? `${row.key}${row.isNext ? '+' : ''}${row.isLast ? '' : '-'}` : row.key,
  )

test('days divide, messages of one side and minute stand together', () => {
  const items = [
    message(1, '2026-11-21T10:00:00Z'),
    message(2, '2026-11-22T10:00:00Z'),
    message(3, '2026-11-22T10:00:30Z'),
    message(4, '2026-11-22T10:01:00Z', 'out'),
    message(5, '2026-11-22T10:01:10Z', 'out', 'agent'),
    message(6, '2026-11-22T10:30:00Z', 'out', 'agent'),
  ]
  expect(shape(items)).toEqual([
    'day-2026-11-21',
    'message-1',
    'day-2026-11-22',
    'message-2-',
    'message-3+',
    'message-4',
    'message-5',
    'message-6',
  ])
})

test('a day has its line once its first entry is known', () => {
  const items = [message(1, '2026-11-21T10:00:00Z'), message(2, '2026-11-22T10:00:00Z')]
  const rows = rowsOf({ items, hasOlder: true, outgoing: [], unread: 0, unreadUntil: null, dayOf })
  expect(rows.map(({ key }) => key)).toEqual(['message-1', 'day-2026-11-22', 'message-2'])
})

test('the line stands above the first unread entry of the contact', () => {
  const items = [
    message(1, '2026-11-22T10:00:00Z'),
    message(2, '2026-11-22T10:10:00Z'),
    message(3, '2026-11-22T10:20:00Z', 'out'),
    message(4, '2026-11-22T10:30:00Z'),
  ]
  expect(shape(items, 2)).toEqual(['day-2026-11-22', 'message-1', 'fresh', 'message-2', 'message-3', 'message-4'])
  expect(firstUnread(items, 1, '2026-11-22T10:20:00Z')).toBe(1)
  expect(firstUnread(items, 0, null)).toBe(-1)
})

test('a sent message is drawn once, whether or not the timeline has it', () => {
  const items = [message(1, '2026-11-22T10:00:00Z')]
  const entry = { key: 'k', at: Date.parse('2026-11-22T10:05:00Z'), messageId: 1 } as Outgoing
  expect(shape(items, 0, [entry])).toEqual(['day-2026-11-22', 'message-1'])
  expect(shape(items, 0, [{ ...entry, messageId: 2 }])).toEqual(['day-2026-11-22', 'message-1', 'message-2'])
})

test('an outgoing message is under the day of the daemon, not of the device', () => {
  // The device is ten minutes fast, and past midnight already.
  vi.useFakeTimers({ now: Date.parse('2026-11-23T00:05:00Z') })
  compareClocks('Sun, 22 Nov 2026 23:55:00 GMT', Date.now())
  const entry = { key: 'k', at: Date.now() } as Outgoing
  expect(shape([message(1, '2026-11-22T10:00:00Z')], 0, [entry])).toEqual(['day-2026-11-22', 'message-1', 'out-k'])
  compareClocks(new Date().toUTCString(), Date.now())
  vi.useRealTimers()
})

test('the newest answer is that of the agent or another user, not of this user or the contact', () => {
  const at = '2026-11-22T10:00:00Z'
  const items = [
    message(1, at, 'out', 'user:3'),
    message(2, at, 'out', 'agent'),
    message(3, at, 'out', 'user:7'),
    message(4, at),
  ]
  expect(newestAnswer(items, 7)?.id).toBe(2)
  expect(newestAnswer(items, 3)?.id).toBe(3)
  expect(newestAnswer(items.slice(3), 7)).toBeNull()
})
