import { expect, test, vi } from 'vitest'
import { recallOwn } from '#shared/storage'

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

test('a file over the limit is not uploaded', () => {
  const list = new UploadList(9, 1)
  list.add([new File(['large'], 'a.mp4')], () => 'too large')
  expect(list.items).toMatchObject([{ problem: { text: 'too large', canRetry: false }, part: 0 }])
})
