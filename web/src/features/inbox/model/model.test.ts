import { expect, test } from 'vitest'
import { addDays } from '#shared/format/dates'
import { linkParts } from '#shared/format/links'
import type { Contact, MessageItem, Route, TimelineItem } from '../api'
import { boxOf } from '../timeline/box'
import { canRetry, charsOf, isAfterWindow, maxChars } from './limits'
import { heldOrder } from './order'
import { peaksOf } from './peaks'
import { archivedOf, recipientOf } from './person'
import { waitOf } from './queued'
import { matchingReplies, slashQuery } from './replies'
import { isDeleted } from './reply'
import { previewOf } from './thumbhash'
import { instantIn, laterChoices } from './zone'

test('only http and https become links, without the punctuation behind them', () => {
  expect(linkParts('ראו https://example.com/a?b=1. תודה').map(({ text, href }) => [text, href])).toEqual([
    ['ראו ', undefined],
    ['https://example.com/a?b=1', 'https://example.com/a?b=1'],
    ['. תודה', undefined],
  ])
  expect(
    linkParts('ראו https://wa.me/972541112233 או 054-111-2233').map(({ text, href, at }) => [text, href, at]),
  ).toEqual([
    ['ראו ', undefined, 0],
    ['https://wa.me/972541112233', 'https://wa.me/972541112233', 4],
    [' או ', undefined, 30],
    ['054-111-2233', 'tel:0541112233', 34],
  ])
  expect(linkParts('`a 054-111-2233` לא').map(({ text, href, isLtr }) => [text, href, isLtr])).toEqual([
    ['`a 054-111-2233`', undefined, true],
    [' לא', undefined, undefined],
  ])
  // Between letters a backtick is a geresh, not the border of code.
  const geresh = 'תחזרי אליי לגבי הצ`ק: 054-111-2233, ולא לג`ינה'
  expect(linkParts(geresh).map(({ text, href, isLtr }) => [text, href, isLtr])).toEqual([
    ['תחזרי אליי לגבי הצ`ק: ', undefined, undefined],
    ['054-111-2233', 'tel:0541112233', undefined],
    [', ולא לג`ינה', undefined, undefined],
  ])
  expect(linkParts('javascript:alert(1) <b>')).toEqual([{ text: 'javascript:alert(1) <b>', at: 0 }])
})

test('rows keep their places while the pointer is over them', () => {
  const id = (row: number) => row
  const none = { older: [], fresh: 0, isMoved: false }
  expect(heldOrder([3, 1, 2], id, null)).toEqual({ items: [3, 1, 2], ...none })
  expect(heldOrder([9, 3, 1, 2], id, [1, 2, 3])).toEqual({ items: [1, 2, 3], older: [], fresh: 1, isMoved: true })
  expect(heldOrder([3, 1, 2], id, [1, 2, 3])).toEqual({ items: [1, 2, 3], ...none, isMoved: true })
  expect(heldOrder([1, 3], id, [1, 2, 3])).toEqual({ items: [1, 3], ...none })
  // The next page arrives, also after a new row, and also when nothing was loaded as the pointer came.
  expect(heldOrder([9, 1, 2, 4, 5], id, [1, 2])).toEqual({
    items: [1, 2, 4, 5],
    older: [4, 5],
    fresh: 1,
    isMoved: false,
  })
  expect(heldOrder([1, 2], id, [])).toEqual({ items: [1, 2], ...none, older: [1, 2] })
})

test('a contact without a conversation has nothing to archive', () => {
  const contact = (...archived: (string | null)[]) =>
    ({ threads: archived.map(archived_at => ({ archived_at })) }) as never
  expect(archivedOf(contact())).toBeNull()
  expect(archivedOf(contact('2026-11-22T10:00:00Z', null))).toBe(false)
  expect(archivedOf(contact('2026-11-22T10:00:00Z', '2026-11-22T10:00:00Z'))).toBe(true)
})

test('a slash at the beginning asks for a saved reply', () => {
  expect([slashQuery('/'), slashQuery('/שע'), slashQuery('1/2'), slashQuery('/a\nb')]).toEqual(['', 'שע', null, null])
  const reply = (id: number, shortcut: string, text: string) => ({ id, shortcut, text })
  const replies = [reply(1, 'כתובת', 'הרצל 5'), reply(2, 'שעות', 'פתוח עד 18:00'), reply(3, 'מחיר', 'לפי שעות')]
  expect(matchingReplies(replies, 'שעות').map(({ id }) => id)).toEqual([2, 3])
  expect(matchingReplies(replies, '').map(({ id }) => id)).toEqual([1, 3, 2])
})

test('times are those of the business, also in the nights when the clock changes', () => {
  const at = (date: string, time: string) => instantIn('Asia/Jerusalem', date, time).toISOString()
  expect(at('2026-11-23', '09:00')).toBe('2026-11-23T07:00:00.000Z')
  expect(at('2027-07-01', '09:00')).toBe('2027-07-01T06:00:00.000Z')
  expect(at('2027-03-26', '09:00')).toBe('2027-03-26T06:00:00.000Z')
  expect(at('2027-03-26', '02:30')).toBe('2027-03-26T00:30:00.000Z')
  expect(at('2027-10-31', '09:00')).toBe('2027-10-31T07:00:00.000Z')
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
})

test('each time to choose for later is in the future', () => {
  const choices = (now: string) =>
    laterChoices('Asia/Jerusalem', now.slice(0, 10), new Date(now)).map(({ date, time }) => `${date} ${time}`)
  expect(choices('2026-11-22T10:00:00Z')).toEqual(['2026-11-22 18:00', '2026-11-23 09:00', '2026-11-29 09:00'])
  expect(choices('2026-11-22T17:00:00Z')).toEqual(['2026-11-23 09:00', '2026-11-29 09:00'])
  expect(choices('2026-11-28T10:00:00Z')).toEqual(['2026-11-28 18:00', '2026-11-29 09:00'])
})

test('a picture has its box before it is there', () => {
  expect(boxOf(null, null)).toEqual({ width: 240, height: 180 })
  expect(boxOf(3000, 2000)).toEqual({ width: 300, height: 200 })
  expect(boxOf(1000, 4000)).toEqual({ width: 85, height: 340 })
})

test('the loudest part of a voice note fills its lane', () => {
  const peaks = peaksOf(
    Float32Array.from({ length: 100 }, (_, at) => (at < 50 ? 0.1 : -0.2)),
    10,
  )
  expect(peaks).toEqual([128, 128, 128, 128, 128, 255, 255, 255, 255, 255])
})

test('a thumbhash gives a preview, and anything else none', () => {
  expect(previewOf('1QcSHQRnh493V4dIh4eXh1h4kJUI')).toMatch(/^data:image\/png;base64,.{100}/)
  expect(previewOf('%%')).toBeUndefined()
  expect(previewOf('AAAA')).toBeUndefined()
  expect(previewOf(null)).toBeUndefined()
})

const route = {
  provider: 'twilio',
  window_until: '2026-11-20T08:00:00.000Z',
  max_text_chars: 4096,
  alternatives: [
    { provider: 'baileys', max_text_chars: 4096 },
    { provider: 'twilio', max_text_chars: 1600 },
  ],
} as unknown as Route

test('the limit of a text is that of the chosen provider', () => {
  expect(maxChars(route, 'auto')).toBe(4096)
  expect(maxChars(route, 'twilio')).toBe(1600)
  expect(maxChars(undefined, 'auto')).toBeUndefined()
  expect(charsOf('שלום 👍')).toBe(6)
})

test('a message after the end of the reply window is one by Twilio', () => {
  const [before, after] = ['2026-11-20T07:59:00Z', '2026-11-20T08:01:00Z'].map(at => new Date(at)) as [Date, Date]
  expect(isAfterWindow(route, 'auto', before)).toBe(false)
  expect(isAfterWindow(route, 'auto', after)).toBe(true)
  expect(isAfterWindow(route, 'baileys', after)).toBe(false)
  expect(isAfterWindow({ ...route, window_until: null }, 'auto', after)).toBe(false)
  const alternatives = route.alternatives.map(way => ({ ...way, possible: true }))
  expect(isAfterWindow({ ...route, alternatives }, 'auto', after)).toBe(false)
  expect(isAfterWindow({ ...route, alternatives }, 'twilio', after)).toBe(true)
})

test('a message that waits for longer than usual has a reason', () => {
  const now = Date.parse('2026-11-20T08:00:00Z')
  const wait = (
    created: string,
    next: string | null,
    waits_for: MessageItem['waits_for'] = null,
    status: MessageItem['status'] = 'queued',
  ) => {
    const next_attempt_at = next && `2026-11-20T${next}Z`
    return waitOf({ status, created_at: `2026-11-20T${created}Z`, next_attempt_at, waits_for }, now)
  }
  expect(wait('07:59:51', '07:59:55')).toBeUndefined()
  expect(wait('07:59:51', '08:00:20')).toBeUndefined()
  expect(wait('07:59:49', '07:59:55')).toEqual({ reason: 'failure' })
  expect(wait('07:59:49', null)).toEqual({ reason: 'failure' })
  expect(wait('07:50:00', '08:05:00')).toEqual({ reason: 'failure' })
  expect(wait('07:59:59', '08:05:01')).toEqual({ reason: 'limit', until: '2026-11-20T08:05:01Z' })
  expect(wait('07:59:59', null, 'owner')).toEqual({ reason: 'owner' })
  expect(wait('07:59:51', null, 'earlier_message')).toBeUndefined()
  expect(wait('07:59:49', null, 'earlier_message')).toEqual({ reason: 'earlier_message' })
  expect(wait('07:59:49', null, 'confirmation')).toEqual({ reason: 'confirmation' })
  expect(wait('07:50:00', null, null, 'sent')).toBeUndefined()
  expect(wait('07:50:00', '09:00:00', null, 'failed')).toBeUndefined()
})

test('only what another attempt can change is tried again', () => {
  expect(['text_too_long', 'media_unknown', 'contact_opted_out', undefined].map(canRetry)).toEqual([
    false,
    false,
    true,
    true,
  ])
})

test('a contact who has opted out has no address for messages', () => {
  const contact = { number: '+972541234567', threads: [], addresses: [] } as unknown as Contact
  expect(recipientOf({ ...contact, opted_out: false })).toBe('+972541234567')
  expect(recipientOf({ ...contact, opted_out: true })).toBeNull()
})

test('a message that was deleted meanwhile is recognized', () => {
  const reply = { id: 7, text: 'x', isOurs: false, provider: null }
  const item = (id: number, deleted_at: string | null) => ({ message: { id, deleted_at } }) as unknown as TimelineItem
  expect(isDeleted(reply, [item(7, null), item(8, '2026-11-20T08:00:00.000Z')])).toBe(false)
  expect(isDeleted(reply, [item(7, '2026-11-20T08:00:00.000Z')])).toBe(true)
})
