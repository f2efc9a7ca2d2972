import { beforeEach, expect, test, vi } from 'vitest'
import { recallOwn, rememberOwn, setStoredUser } from '#shared/storage'
import { storedDraftKey } from '#shared/unsent'
import { draftKey, saveDraft } from './draft-sync'

const sent: { text: string; answer: (works: boolean) => void }[] = []
vi.mock('../api', () => ({
  call: (_method: string, _path: string, { body: { text } }: { body: { text: string } }) =>
    new Promise<void>((resolve, reject) => {
      sent.push({ text, answer: works => (works ? resolve() : reject(new Error('offline'))) })
    }),
}))

const KEY = draftKey(7)
const texts = () => sent.map(({ text }) => text)

beforeEach(() => {
  sent.splice(0)
  setStoredUser(1)
  rememberOwn(KEY, null)
})

test('the draft of a sent message stays deleted until the daemon has deleted it', async () => {
  rememberOwn(KEY, '')
  const offline = saveDraft(7, 3, 1)
  await expect.poll(texts).toEqual([''])
  sent[0]?.answer(false)
  expect(await offline).toBeUndefined()
  expect(recallOwn(KEY)).toBe('')
  const online = saveDraft(7, 3, 1)
  await expect.poll(texts).toEqual(['', ''])
  sent[1]?.answer(true)
  expect(await online).toBe('')
  expect(recallOwn(KEY)).toBeNull()
})

test('requests of one thread follow each other, and the last text stays', async () => {
  rememberOwn(KEY, 'a')
  const first = saveDraft(7, 3, 1)
  await expect.poll(texts).toEqual(['a'])
  rememberOwn(KEY, 'ab')
  const second = saveDraft(7, 3, 1)
  const third = saveDraft(7, 3, 1)
  sent[0]?.answer(true)
  await first
  expect(recallOwn(KEY)).toBe('ab')
  await expect.poll(texts).toEqual(['a', 'ab'])
  sent[1]?.answer(true)
  expect(await second).toBe('ab')
  expect(await third).toBeUndefined()
  expect(texts()).toEqual(['a', 'ab'])
})

test('a text is not saved as the draft of another user', async () => {
  rememberOwn(KEY, 'mine')
  setStoredUser(2)
  rememberOwn(KEY, 'theirs')
  expect(await saveDraft(7, 3, 1)).toBeUndefined()
  expect(texts()).toEqual([])
  rememberOwn(KEY, null)
})

test('the text that the daemon has is known while a newer one waits', async () => {
  const known = () => recallOwn(storedDraftKey(7))
  rememberOwn(KEY, 'a')
  const first = saveDraft(7, 3, 1)
  await expect.poll(texts).toEqual(['a'])
  rememberOwn(KEY, 'ab')
  sent[0]?.answer(true)
  await first
  expect(known()).toBe('a')
  const second = saveDraft(7, 3, 1)
  await expect.poll(texts).toEqual(['a', 'ab'])
  sent[1]?.answer(true)
  await second
  expect(known()).toBeNull()
})
