import { QueryObserver } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import { Cache } from '../api/cache'
import { applyChanges } from './changes'

const change = { seq: 2, at: '', kind: 'message_created', thread_id: 1, ref_id: 1 }

test('a change during the first request is not lost: its answer may be older', async () => {
  const cache = new Cache()
  const answers: ((value: string) => void)[] = []
  const observer = new QueryObserver(cache, {
    queryKey: ['/api/inbox'],
    queryFn: () => new Promise<string>(answer => answers.push(answer)),
  })
  const stop = observer.subscribe(() => undefined)
  expect(answers).toHaveLength(1)
  applyChanges(cache, [change])
  answers[0]?.('before the change')
  await expect.poll(() => answers.length).toBe(2)
  answers[1]?.('after it')
  await expect.poll(() => observer.getCurrentResult().data).toBe('after it')
  // Once there is data, a new request cancels the previous one.
  applyChanges(cache, [change])
  applyChanges(cache, [change])
  await expect.poll(() => answers.length).toBe(4)
  answers[3]?.('last')
  await expect.poll(() => observer.getCurrentResult().data).toBe('last')
  await new Promise(done => setTimeout(done, 20))
  expect(answers).toHaveLength(4)
  stop()
})

test('a turn of a call invalidates only that call', async () => {
  const cache = new Cache()
  for (const id of [7, 8]) cache.setQueryData(['/api/calls/{id}', { path: { id } }], id)
  applyChanges(cache, [{ ...change, kind: 'turn_updated', ref_id: 7 }])
  const stale = cache
    .getQueryCache()
    .getAll()
    .filter(query => query.state.isInvalidated)
  expect(stale.map(query => query.state.data)).toEqual([7])
})
