import { beforeEach, expect, test, vi } from 'vitest'
import { ownKeys, recallOwn, rememberOwn, setStoredUser } from './storage'
import { adoptUnsent, basesOf, joinMoved, moveUnsent, setBases } from './unsent'

/** The drafts that the daemon has, by contact; null makes the request fail. Contact 1 was merged into contact 2. */
const drafts = new Map<number, string | null>()
vi.mock('./api/client', () => ({
  unwrap: (answer: Promise<unknown>) => answer,
  client: {
    GET: async (path: string, { params }: { params: { path: { id: number } } }) => {
      const id = params.path.id === 1 ? 2 : params.path.id
      if (path === '/api/contacts/{id}') return { id, threads: [{ id, type: 'whatsapp' }] }
      const text = drafts.get(id)
      if (text === null) throw new Error('offline')
      return { draft: text === undefined ? null : { text } }
    },
  },
}))

const values = (id: number) => ['draft', 'reply', 'files'].map(name => recallOwn(`${name}.${id}`))

beforeEach(() => {
  setStoredUser(1)
  for (const key of ownKeys('')) rememberOwn(key, null)
  drafts.clear()
})

test('the unsent message to a merged contact joins that to the other one', async () => {
  rememberOwn('draft.1', 'see you')
  rememberOwn('reply.1', '{"id":7}')
  rememberOwn('files.1', '[{"name":"a.pdf"}]')
  await moveUnsent(1, 2)
  expect([values(1), values(2)]).toEqual([
    [null, null, null],
    ['see you', '{"id":7}', '[{"name":"a.pdf"}]'],
  ])
  rememberOwn('draft.3', 'at eight')
  rememberOwn('reply.3', '{"id":8}')
  rememberOwn('files.3', '[{"name":"b.pdf"}]')
  await moveUnsent(3, 2)
  expect(values(2)).toEqual(['see you\nat eight', '{"id":7}', '[{"name":"a.pdf"},{"name":"b.pdf"}]'])
  // A text that was sent does not delete the other one.
  rememberOwn('draft.4', '')
  await moveUnsent(4, 2)
  expect(values(2)[0]).toBe('see you\nat eight')
})

test('a text joins the draft of the kept contact that only the daemon has', async () => {
  drafts.set(2, 'see you\nat ei')
  rememberOwn('draft.1', 'at eight')
  setBases(1, ['at', 'at ei'])
  await moveUnsent(1, 2)
  expect([recallOwn('draft.2'), basesOf(2)]).toEqual(['see you\nat eight', ['see you\nat ei']])
  expect(ownKeys('').filter(key => key.endsWith('.1'))).toEqual([])
})

test('a text stays where it is if the draft that it would replace cannot be read', async () => {
  drafts.set(2, null)
  rememberOwn('draft.1', 'at eight')
  await expect(moveUnsent(1, 2)).rejects.toThrow('offline')
  expect([values(1)[0], values(2)[0]]).toEqual(['at eight', null])
})

test('a message whose contact was merged while no page showed it is found', async () => {
  rememberOwn('files.1', '[{"name":"a.pdf"}]')
  rememberOwn('files.5', '[{"name":"b.pdf"}]')
  await adoptUnsent()
  expect([values(1)[2], values(2)[2], values(5)[2]]).toEqual([null, '[{"name":"a.pdf"}]', '[{"name":"b.pdf"}]'])
})

test.each<[string, [string, ...string[]], string, string]>([
  ['', [''], 'b', 'b'],
  ['a', [''], 'b', 'a\nb'],
  // The daemon has joined the older text.
  ['a\nb', ['b'], 'bc', 'a\nbc'],
  ['b', ['b'], 'bc', 'bc'],
  ['a\nb\nc', ['b\nc'], 'c', 'a\nc'],
  // The response of an earlier request was lost.
  ['a\nb', ['', 'b'], 'bc', 'a\nbc'],
  ['a\nb', ['b', 'bc'], 'bcd', 'a\nbcd'],
  // It already has the newest text.
  ['a\nbc', ['b'], 'bc', 'a\nbc'],
  // The text was sent or deleted.
  ['a\nb', ['b'], '', 'a'],
  ['b', ['b'], '', ''],
  ['a', [''], '', 'a'],
  ['a', ['a b', ''], '', 'a'],
  // Another device has sent, deleted or changed it.
  ['a', ['b'], 'b', 'a'],
  ['a', ['b'], 'b\nc', 'a\nc'],
  ['a', ['a\nb'], 'c', 'a\nc'],
  ['a\nb there', ['b'], 'b here', 'a\nb there\nb here'],
])('the draft %j, with one of %j in it, and the text %j become %j', (stored, bases, text, expected) => {
  const moved = joinMoved(stored, { text, bases }, null)
  expect(moved).toEqual(expected === stored ? null : { text: expected, bases: [stored] })
})

test('a draft that another device has sent is joined by the next request', () => {
  const mine = { text: 'Hello again', bases: ['Hello'] as const }
  expect(joinMoved('', mine, null)).toEqual(mine)
})

test.each<[string, [string, ...string[]], string[], string, string[]]>([
  // Neither contact has a stored draft.
  ['', [''], [''], 'kept\nbc', ['']],
  ['a', [''], ['a'], 'kept\nbc', ['a']],
  // The daemon has joined both older texts.
  ['a\nb', ['b'], ['a'], 'kept\nbc', ['a\nb']],
  ['a\nb', ['b'], ['', 'a'], 'kept\nbc', ['b', 'a\nb']],
  ['b', ['b'], ['b'], 'kept\nbc', ['b']],
  // Another device has changed the draft to the kept contact: the base differs from the stored text.
  ['x\nb', ['b'], ['a'], 'kept\nbc', ['a\nb']],
])('the draft %j, with one of %j in it, and a newer text based on %j', (stored, bases, keptBases, text, expected) => {
  const kept = { text: 'kept', bases: keptBases as [string, ...string[]] }
  expect(joinMoved(stored, { text: 'bc', bases }, kept)).toEqual({ text, bases: expected })
})

test('an older text is not doubled in a newer text that is based on the joined draft', () => {
  const kept = { text: 'kept\nb', bases: ['a\nb'] as const }
  expect(joinMoved('a\nb', { text: 'bc', bases: ['b'] }, kept)).toEqual({ text: 'kept\nbc', bases: ['a\nb'] })
})
