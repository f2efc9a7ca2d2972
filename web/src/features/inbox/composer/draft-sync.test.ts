import { beforeEach, expect, test, vi } from 'vitest'
import { ApiError } from '#shared/api/errors'
import { ownKeys, recallOwn, rememberOwn, setStoredUser } from '#shared/storage'
import { basesOf, joinMoved, setBases } from '#shared/unsent'
import { type DraftOf, draftKey, type Joined, keepDraft, saveDraft, whenJoined } from './draft-sync'

type Answer = 'stored' | 'offline' | { text: string } | null
const sent: { text: string; expected: string; answer: (with_: Answer) => void }[] = []
vi.mock('../api', () => ({
  call: (_method: string, _path: string, { body }: { body: { text: string; expected: string } }) =>
    new Promise<void>((resolve, reject) => {
      const answer = (current: Answer) => {
        if (current === 'stored') resolve()
        else reject(current === 'offline' ? new TypeError('offline') : new ApiError(412, { code: 'changed' }, current))
      }
      sent.push({ ...body, answer })
    }),
}))

const KEY = draftKey(7)
const OF: DraftOf = { contactId: 7, threadId: 3, userId: 1 }
const texts = () => sent.map(({ text }) => text)
const joined: Joined[] = []
whenJoined(one => void joined.push(one))

/** Answers the next request, and expects its text and its base. */
async function answer(text: string, expected: string, with_: Answer): Promise<void> {
  const at = answered++
  await expect.poll(() => sent[at]).toMatchObject({ text, expected })
  sent[at]?.answer(with_)
}
let answered = 0

beforeEach(() => {
  sent.splice(0)
  joined.splice(0)
  answered = 0
  setStoredUser(1)
  rememberOwn(KEY, null)
  rememberOwn('draft-base.7', null)
})

test('the draft of a sent message stays deleted until the daemon has deleted it', async () => {
  keepDraft(OF, '', 'Hello')
  const offline = saveDraft(OF)
  await answer('', 'Hello', 'offline')
  expect(await offline).toBeUndefined()
  expect(recallOwn(KEY)).toBe('')
  const online = saveDraft(OF)
  await answer('', 'Hello', 'stored')
  expect(await online).toBe('')
  expect([recallOwn(KEY), recallOwn('draft-base.7')]).toEqual([null, null])
})

test('requests of one thread follow each other, and the last text stays', async () => {
  keepDraft(OF, 'a', '')
  const first = saveDraft(OF)
  await expect.poll(texts).toEqual(['a'])
  keepDraft(OF, 'ab', '')
  const second = saveDraft(OF)
  const third = saveDraft(OF)
  await answer('a', '', 'stored')
  await first
  expect(recallOwn(KEY)).toBe('ab')
  await answer('ab', 'a', 'stored')
  expect(await second).toBe('ab')
  expect(await third).toBeUndefined()
  expect(texts()).toEqual(['a', 'ab'])
})

test('a text that is based on an older one is joined with the text of the other device', async () => {
  keepDraft(OF, 'one moment', '')
  const saved = saveDraft(OF)
  await answer('one moment', '', { text: 'The price is 420' })
  await answer('The price is 420\none moment', 'The price is 420', 'stored')
  expect(await saved).toBe('The price is 420\none moment')
  expect(joined).toEqual([
    { contactId: 7, before: 'one moment', theirs: 'The price is 420', text: 'The price is 420\none moment' },
  ])
})

test('words that are typed during the request are joined as well', async () => {
  keepDraft(OF, 'one', '')
  const saved = saveDraft(OF)
  await expect.poll(texts).toEqual(['one'])
  keepDraft(OF, 'one moment', '')
  await answer('one', '', { text: 'The price' })
  await answer('The price\none moment', 'The price', 'stored')
  expect(await saved).toBe('The price\none moment')
})

test('a draft that was sent on another device stays deleted, and later words are kept', async () => {
  keepDraft(OF, 'Hello', 'Hello')
  const saved = saveDraft(OF)
  await answer('Hello', 'Hello', null)
  await answer('', '', 'stored')
  expect(await saved).toBe('')

  keepDraft(OF, 'Hello again', 'Hello')
  const later = saveDraft(OF)
  await answer('Hello again', 'Hello', null)
  await answer('again', '', 'stored')
  expect(await later).toBe('again')
})

test('a text that an earlier request has stored without a response is not another device’s', async () => {
  keepDraft(OF, 'Hello wor', '')
  const lost = saveDraft(OF)
  await answer('Hello wor', '', 'offline')
  await lost
  keepDraft(OF, 'Help', '')
  const saved = saveDraft(OF)
  await answer('Help', '', { text: 'Hello wor' })
  await answer('Help', 'Hello wor', 'stored')
  expect([await saved, joined]).toEqual(['Help', []])
})

test('a text that never agrees with the stored one stays in this browser', async () => {
  keepDraft(OF, 'mine', '')
  const saved = saveDraft(OF)
  for (let at = 0; at < 4; at++) {
    await expect.poll(() => sent.length).toBe(at + 1)
    sent[at]?.answer({ text: `theirs ${at}` })
  }
  expect(await saved).toBeUndefined()
  expect(recallOwn(KEY)).toContain('mine')
})

test('a text is not saved as the draft of another user', async () => {
  rememberOwn(KEY, 'mine')
  setStoredUser(2)
  rememberOwn(KEY, 'theirs')
  expect(await saveDraft(OF)).toBeUndefined()
  expect(texts()).toEqual([])
  rememberOwn(KEY, null)
})

test('the text that the daemon has is known while a newer one waits', async () => {
  keepDraft(OF, 'a', '')
  const first = saveDraft(OF)
  await expect.poll(texts).toEqual(['a'])
  expect(basesOf(7)).toEqual(['', 'a'])
  keepDraft(OF, 'ab', '')
  await answer('a', '', 'stored')
  await first
  expect(basesOf(7)).toEqual(['a'])
  const second = saveDraft(OF)
  await answer('ab', 'a', 'stored')
  await second
  expect(ownKeys('draft')).toEqual([])
})

test('a response that arrives after the text has moved to another contact changes nothing', async () => {
  keepDraft(OF, 'a', '')
  const saved = saveDraft(OF)
  await expect.poll(texts).toEqual(['a'])
  for (const key of ownKeys('draft')) rememberOwn(key, null)
  await answer('a', '', 'stored')
  await saved
  expect(ownKeys('draft')).toEqual([])
})

test('a text that is stored during a merge keeps the joined base', async () => {
  keepDraft(OF, 'a', '')
  const saved = saveDraft(OF)
  await expect.poll(texts).toEqual(['a'])
  const moved = joinMoved('a\nb', { text: 'bc', bases: ['b'] }, { text: 'a', bases: basesOf(7) })
  setBases(7, moved?.bases ?? null)
  rememberOwn(KEY, moved?.text ?? null)
  await answer('a', '', 'stored')
  expect(await saved).toBeUndefined()
  const next = saveDraft(OF)
  await answer('a\nbc', 'b', { text: 'a\nb' })
  await answer('a\nbc', 'a\nb', 'stored')
  expect([await next, joined]).toEqual(['a\nbc', []])
})
