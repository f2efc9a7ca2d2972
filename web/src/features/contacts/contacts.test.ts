import { expect, test } from 'vitest'
import { isDay } from '#shared/format/dates'
import type { TimelineItem } from './api'
import { confirmationOf, readable } from './confirmation'
import { parseDay } from './days'
import { stageName, totalOf } from './stages'
import { changeTags, reverseTags, type TagRequest, undoTags } from './tag-changes'
import { tagChoices } from './tag-choices'
import { daysOf } from './timeline'

test('the undo of a bulk change touches only what has changed', () => {
  const changes = {
    added: [
      [1, 7],
      [2, 7],
      [1, 8],
    ] as [number, number][],
    removed: [[3, 9]] as [number, number][],
  }
  expect(undoTags(changes)).toEqual([
    { contact_ids: [1, 2], add: [], remove: [7] },
    { contact_ids: [1], add: [], remove: [8] },
    { contact_ids: [3], add: [9], remove: [] },
  ])
  expect(undoTags({ added: [], removed: [] })).toEqual([])
})

const ids = (count: number) => Array.from({ length: count }, (_, at) => at + 1)

test('the tags of more than 1000 contacts are changed and reversed in several requests', async () => {
  const sent: TagRequest[] = []
  const send = async (body: TagRequest) => {
    sent.push(body)
    return { added: body.contact_ids.map((id): [number, number] => [id, 7]), removed: [] }
  }
  const changes = await changeTags(send, { contact_ids: ids(2100), add: [7], remove: [] })
  expect(sent.map(body => body.contact_ids.length)).toEqual([1000, 1000, 100])
  expect(changes.added).toHaveLength(2100)
  sent.splice(0)
  await reverseTags(send, changes)
  expect(sent.map(({ contact_ids, remove }) => [contact_ids.length, remove])).toEqual([
    [1000, [7]],
    [1000, [7]],
    [100, [7]],
  ])
})

test('a bulk change that fails midway is reversed', async () => {
  const sent: TagRequest[] = []
  const send = async (body: TagRequest) => {
    if (sent.push(body) === 2) throw new Error('offline')
    return { added: body.contact_ids.map((id): [number, number] => [id, 7]), removed: [] }
  }
  await expect(changeTags(send, { contact_ids: ids(1500), add: [7], remove: [] })).rejects.toThrow('offline')
  expect(sent.map(({ add, remove }) => [add, remove])).toEqual([
    [[7], []],
    [[7], []],
    [[], [7]],
  ])
  expect(sent[2]?.contact_ids).toEqual(ids(1000))
})

test('Enter adds the tag with the typed name, or else the only one that contains the text', () => {
  const tag = (id: number, name: string) => ({ id, name })
  const [vip, vip2, regular] = [tag(1, 'VIP'), tag(2, 'VIP 2'), tag(3, 'קבוע')]
  const all = [vip2, vip, regular]
  expect(tagChoices(all, [], ' vip ')).toEqual({ free: [vip2, vip], chosen: vip, isNew: false })
  expect(tagChoices(all, [vip], 'VIP')).toEqual({ free: [vip2], chosen: undefined, isNew: false })
  expect(tagChoices(all, [], 'VI')).toEqual({ free: [vip2, vip], chosen: undefined, isNew: true })
  expect(tagChoices(all, [vip2], 'VI')).toEqual({ free: [vip], chosen: vip, isNew: true })
  expect(tagChoices(all, [], 'זמני')).toEqual({ free: [], chosen: undefined, isNew: true })
  expect(tagChoices(all, [], '').isNew).toBe(false)
})

test.each([
  ['7.6.1990', '1990-06-07'],
  ['07/06/90', '1990-06-07'],
  ['1-1-26', '2026-01-01'],
  ['2024-02-29', '2024-02-29'],
  ['29.2.2023', null],
  ['31.4.2026', null],
  ['6.1990', null],
  ['מחר', null],
])('the day %s is %s', (text, day) => expect(parseDay(text, 2026)).toBe(day))

test('a day of the API is a day of the calendar', () => {
  expect(isDay('2026-02-28')).toBe(true)
  expect(isDay('2026-02-30')).toBe(false)
  expect(isDay('2026-2-3')).toBe(false)
})

test('a stage has the name of the user, else that of its key', () => {
  const translate = () => 'translated'
  expect(stageName({ key: 'new', name: 'קר' }, translate)).toBe('קר')
  expect(stageName({ key: 'new', name: null }, translate)).toBe('translated')
  expect(stageName({ key: null, name: null }, translate)).toBe('—')
  expect(totalOf([{ value_minor: 100 }, {}, { value_minor: 50 }])).toBe(150)
  expect(totalOf([{}])).toBeNull()
})

const message = (at: string, direction: 'in' | 'out'): TimelineItem =>
  ({ kind: 'message', at, message: { id: Date.parse(at), direction, author: null } }) as unknown as TimelineItem
const note = (at: string): TimelineItem => ({ kind: 'note', at }) as TimelineItem

test('the timeline runs from the newest, and messages of one side are one line', () => {
  const items = [
    message('2026-11-20T08:00:00Z', 'in'),
    message('2026-11-20T08:01:00Z', 'in'),
    message('2026-11-20T08:02:00Z', 'out'),
    message('2026-11-20T10:00:00Z', 'out'),
    note('2026-11-19T08:00:00Z'),
  ]
  const days = daysOf(items, at => at.slice(0, 10))
  expect(days.map(({ day }) => day)).toEqual(['2026-11-20', '2026-11-19'])
  expect(days[0]?.entries.map(({ item, count }) => [item.at.slice(11, 16), count])).toEqual([
    ['10:00', 1],
    ['08:02', 1],
    ['08:01', 2],
  ])
  expect(daysOf([], at => at.slice(0, 10))).toEqual([])
})

test('every contact has a text that confirms its erasure', () => {
  const contact = { id: 41, display_name: '', number: null, addresses: [] as { value: string }[] }
  const of = (more: object) => confirmationOf({ ...contact, ...more } as never, 'IL')
  expect(of({ display_name: '\u200Fדנה  כהן', number: '+972541234567' })).toEqual({
    shown: 'דנה כהן',
    confirm: '\u200Fדנה  כהן',
  })
  expect(readable(' דנה כהן ')).toBe('דנה כהן')
  expect(of({ number: '+972541234567' })).toEqual({ shown: '054-123-4567', confirm: '+972541234567' })
  expect(of({ addresses: [{ value: '99887766@lid' }] })).toEqual({ shown: '99887766@lid', confirm: '99887766@lid' })
  expect(of({})).toEqual({ shown: '41', confirm: '41' })
})
