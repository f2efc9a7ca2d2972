import { expect, test } from 'vitest'
import { type ActivityEvent, Seen, wanted } from './strip/activity'

type Rows = Parameters<Seen['take']>[0]
type Calls = Parameters<Seen['take']>[1]

const message = (contact: number, id: number, direction = 'in') => ({
  contact_id: contact,
  contact_name: 'דנה',
  number: '+972501234567',
  turn: 'us',
  last_activity_at: '2026-11-22T10:00:00Z',
  last: { message: { id, direction, text: `words ${id}` } },
})
const called = (contact: number, id: number, outcome: string) => ({
  contact_id: contact,
  contact_name: '',
  number: '+972501234567',
  last_activity_at: '2026-11-22T10:00:00Z',
  last: { call: { id, outcome, direction: 'in', message_text: outcome === 'message' ? 'left' : null } },
})
const at = (minute: number, row: object) => ({ ...row, last_activity_at: `2026-11-22T10:${minute}:00Z` })
const rows = (...all: object[]) => all as unknown as Rows
const live = (...ids: number[]) =>
  ids.map(id => ({ id, contact_id: 9, contact_name: '', peer_number: '+972501234567' })) as unknown as Calls

test('a contact is reported once for each activity', () => {
  const seen = new Seen(20)
  expect(seen.take(rows(message(1, 10)), [])).toMatchObject([
    { kind: 'message', href: '/app/inbox/1', words: 'words 10' },
  ])
  expect(seen.take(rows(message(1, 10)), [])).toEqual([])
  // The conversation was answered, and then reopened without a new message.
  expect(seen.take([], [])).toEqual([])
  expect(seen.take(rows(message(1, 10)), [])).toEqual([])
  expect(seen.take(rows(message(1, 11), message(2, 12)), [])).toHaveLength(2)
})

test('calls are reported by what became of them, and live ones once', () => {
  const seen = new Seen(20)
  expect(seen.take(rows(called(1, 5, 'live')), live(5))).toMatchObject([{ kind: 'live', href: '/app/calls/5' }])
  expect(seen.take(rows(called(1, 5, 'missed')), live())).toMatchObject([{ kind: 'missed', href: '/app/calls/5' }])
  expect(seen.take(rows(called(1, 6, 'message')), [])).toMatchObject([{ kind: 'voicemail', words: 'left' }])
  expect(seen.take(rows(called(1, 7, 'answered')), [])).toMatchObject([{ kind: 'waits' }])
  expect(seen.take(rows(message(2, 3, 'out')), [])).toMatchObject([{ kind: 'waits', href: '/app/inbox/2' }])
})

test('an entry that moves up into the full page is old, and one that begins to wait within it is new', () => {
  const seen = new Seen(2)
  seen.take(rows(at(50, message(1, 50)), at(40, message(2, 40))), [])
  expect(seen.take(rows(at(50, message(1, 50)), at(30, message(3, 30))), [])).toEqual([])
  expect(seen.take(rows(at(30, message(3, 30)), at(20, message(4, 20))), [])).toEqual([])
  // A call that started before the newest message has ended, and the agent has handed over another conversation.
  const missed = at(25, called(5, 9, 'missed'))
  expect(seen.take(rows(at(30, message(3, 30)), missed), [])).toMatchObject([{ kind: 'missed' }])
  expect(seen.take(rows(at(55, message(6, 55)), at(30, message(3, 30))), [])).toHaveLength(1)
  expect(seen.take(rows(at(56, message(4, 56)), at(55, message(6, 55))), [])).toHaveLength(1)
  // The list has less than a full page, so no rows are below it.
  expect(seen.take(rows(at(55, message(6, 55))), [])).toEqual([])
  expect(seen.take(rows(at(55, message(6, 55)), at(10, message(7, 10, 'out'))), [])).toMatchObject([{ kind: 'waits' }])
})

test('the choice decides which kinds are reported', () => {
  const events = (['message', 'missed', 'waits', 'live'] as const).map(kind => ({ kind }) as ActivityEvent)
  const kinds = (part: object) =>
    wanted(events, { isOn: true, messages: false, missed: false, live: false, words: false, ...part }).map(
      ({ kind }) => kind,
    )
  expect(kinds({})).toEqual([])
  expect(kinds({ messages: true })).toEqual(['message', 'waits'])
  expect(kinds({ missed: true })).toEqual(['missed'])
  expect(kinds({ live: true })).toEqual(['live'])
})

test('a caller who asks for a person is reported once for each ringing, whatever the user has chosen', () => {
  const seen = new Seen(20)
  const ring = (until: string) => [{ call_id: 5, reason: 'רוצה להזיז תור', until }]
  seen.take([], live(5))
  const first = seen.take([], live(5), ring('2026-11-22T10:00:15Z'))
  expect(first).toMatchObject([{ kind: 'asks', href: '/app/calls/5', words: 'רוצה להזיז תור' }])
  expect(wanted(first, { isOn: true, messages: false, missed: false, live: false, words: false })).toEqual(first)
  expect(seen.take([], live(5), ring('2026-11-22T10:00:15Z'))).toEqual([])
  expect(seen.take([], live(5), ring('2026-11-22T10:05:15Z'))).toHaveLength(1)
})
