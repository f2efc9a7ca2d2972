import { expect, test, vi } from 'vitest'
import { recallOwn, rememberOwn } from '#shared/storage'
import type { UploadItem } from './upload-list'

vi.mock('#shared/api/upload', () => ({ upload: async () => ({ id: 'abc', mime: 'application/pdf' }) }))
const { filesKey, UploadList } = await import('./upload-list')

test('uploaded files are kept for the next page, unfinished and removed ones are not', async () => {
  const list = new UploadList(7, 1)
  list.add([new File(['x'], 'a.pdf')])
  expect(recallOwn(filesKey(7), 1)).toBeNull()
  await vi.waitFor(() => expect(list.items[0]?.media?.id).toBe('abc'))
  const next = new UploadList(7, 1)
  expect(next.items).toMatchObject([{ name: 'a.pdf', part: 1, media: { id: 'abc' } }])
  // Another user of this browser and another conversation have lists of their own.
  expect([new UploadList(7, 2).items, new UploadList(8, 1).items]).toEqual([[], []])
  next.clear()
  expect(new UploadList(7, 1).items).toEqual([])
})

test('files that another tab has sent or added are followed, and only changes of the kept files are stored', async () => {
  const list = new UploadList(11, 1)
  list.add([new File(['x'], 'a.pdf')])
  await vi.waitFor(() => expect(list.items[0]?.media?.id).toBe('abc'))
  const kept = recallOwn(filesKey(11), 1)
  // Another tab has sent the file.
  rememberOwn(filesKey(11), null, 1)
  list.follow(null)
  expect(list.items).toEqual([])
  list.add([new File(['large'], 'b.mp4')], () => 'too large')
  expect(recallOwn(filesKey(11), 1)).toBeNull()
  list.follow(kept)
  expect(list.items.map(({ name }) => name)).toEqual(['b.mp4', 'a.pdf'])
  // What another tab stores meanwhile is not replaced by a change that keeps the same files.
  rememberOwn(filesKey(11), '[]', 1)
  list.retry(list.items[0] as UploadItem)
  expect(recallOwn(filesKey(11), 1)).toBe('[]')
})

test('the attachments of an erased contact end with it, also those that are still uploaded', async () => {
  const { forgetUploads, listOf } = await import('./useUploads')
  const list = listOf(12, 0)
  list.add([new File(['x'], 'a.pdf')])
  forgetUploads(12)
  await new Promise(resolve => setTimeout(resolve))
  expect([list.items, recallOwn(filesKey(12), 0)]).toEqual([[], null])
  expect(listOf(12, 0)).not.toBe(list)
})

test('a file over the limit is not uploaded', () => {
  const list = new UploadList(9, 1)
  list.add([new File(['large'], 'a.mp4')], () => 'too large')
  expect(list.items).toMatchObject([{ problem: { text: 'too large', canRetry: false }, part: 0 }])
})
