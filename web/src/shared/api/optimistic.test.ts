import { beforeEach, expect, test } from 'vitest'
import { patchItems } from './action'
import { Cache } from './cache'
import { showPatches } from './optimistic'

interface Item {
  id: number
}

const KEY = ['/api/tasks', {}]
const without = (id: number) => [patchItems<Item>(['/api/tasks'], items => items.filter(item => item.id !== id))]
let cache: Cache
const ids = () => cache.getQueryData<{ items: Item[] }>(KEY)?.items.map(({ id }) => id)

beforeEach(() => {
  cache = new Cache()
  cache.setQueryData(KEY, { items: [{ id: 1 }, { id: 2 }, { id: 3 }] })
})

test('two changes that fail together leave the data as it was, in any order', async () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    const changes = [await showPatches(cache, without(1)), await showPatches(cache, without(2))]
    expect(ids()).toEqual([3])
    for (const at of order) {
      changes[at]?.remove()
      changes[at]?.end()
    }
    expect(ids()).toEqual([1, 2, 3])
  }
})

test('a failed change leaves what another change has shown', async () => {
  const fails = await showPatches(cache, without(1))
  const works = await showPatches(cache, without(2))
  works.end()
  fails.remove()
  fails.end()
  expect(ids()).toEqual([1, 3])
})

test('a failed change does not replace a newer response', async () => {
  const fails = await showPatches(cache, without(1))
  cache.setQueryData(KEY, { items: [{ id: 4 }] })
  fails.remove()
  fails.end()
  expect(ids()).toEqual([4])
})

test('the data is fetched again after the last running change', async () => {
  const first = await showPatches(cache, without(1))
  const second = await showPatches(cache, without(2))
  first.end()
  expect(cache.getQueryState(KEY)?.isInvalidated).toBe(false)
  second.end()
  expect(cache.getQueryState(KEY)?.isInvalidated).toBe(true)
})
