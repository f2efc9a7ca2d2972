import { expect, test } from 'vitest'
import { creations, type Outcome } from './creation'
import { ApiError } from './errors'

interface Body {
  at: number
}

interface Item extends Body {
  id: number
}

/** A daemon that keeps the first body of each key. `lost` says for each request whether its response is lost. */
function daemon(lost: ('request' | 'response' | null)[]) {
  const items = new Map<string, Item>()
  const keys: string[] = []
  const send = async (body: Body, key: string): Promise<Item> => {
    keys.push(key)
    const loss = lost.shift()
    if (loss === 'request') throw new ApiError(0, {})
    const known = items.get(key)
    if (known && JSON.stringify({ at: known.at }) !== JSON.stringify(body)) {
      throw new ApiError(422, { code: 'key_reused' })
    }
    const item = known ?? { id: items.size + 1, ...body }
    items.set(key, item)
    if (loss === 'response') throw new ApiError(0, {})
    return item
  }
  return { send, keys, items: () => [...items.values()] }
}

const move = async (made: Item, body: Body): Promise<Outcome<Item>> => ({ ...made, ...body })
const outage = { code: 'offline' }

test('after a lost response, another body changes the item that the first request has created', async () => {
  const { send, items } = daemon(['response'])
  const create = creations<Body, Item>()
  await expect(create({ at: 9 }, { send, settle: move })).rejects.toMatchObject(outage)
  expect(await create({ at: 10 }, { send, settle: move })).toEqual({ id: 1, at: 10 })
  expect(items()).toHaveLength(1)
})

test('after a lost request, another body creates the only item', async () => {
  const { send, items } = daemon(['request', 'request', null])
  const create = creations<Body, Item>()
  await expect(create({ at: 9 }, { send, settle: move })).rejects.toMatchObject(outage)
  await expect(create({ at: 10 }, { send, settle: move })).rejects.toMatchObject(outage)
  expect(await create({ at: 11 }, { send, settle: move })).toEqual({ id: 1, at: 11 })
  expect(items()).toEqual([{ id: 1, at: 11 }])
})

test('the same body is the same request until it has succeeded', async () => {
  const { send, keys } = daemon(['response'])
  const create = creations<Body, Item>()
  await create({ at: 9 }, { send, settle: move }).catch(() => undefined)
  expect(await create({ at: 9 }, { send, settle: move })).toMatchObject({ id: 1 })
  expect(await create({ at: 9 }, { send, settle: move })).toMatchObject({ id: 2 })
  expect(new Set(keys).size).toBe(2)
})

test('an item that stays as it is leaves room for another one', async () => {
  const { send, items } = daemon(['response'])
  const create = creations<Body, Item>()
  await create({ at: 9 }, { send, settle: move }).catch(() => undefined)
  const seen: Item[] = []
  const settle = async (made: Item) => {
    seen.push(made)
    return 'keep' as const
  }
  expect(await create({ at: 10 }, { send, settle })).toEqual({ id: 2, at: 10 })
  expect([seen, items().length]).toEqual([[{ id: 1, at: 9 }], 2])
})

test('a refused change of the item is tried again with the next body', async () => {
  const { send, items } = daemon(['response'])
  const create = creations<Body, Item>()
  await create({ at: 9 }, { send, settle: move }).catch(() => undefined)
  const refuse = () => Promise.reject(new ApiError(409, { code: 'slot_taken' }))
  await expect(create({ at: 10 }, { send, settle: refuse })).rejects.toMatchObject({ code: 'slot_taken' })
  expect(await create({ at: 11 }, { send, settle: move })).toEqual({ id: 1, at: 11 })
  expect(items()).toHaveLength(1)
})

test('a key that another form has used is an error', async () => {
  const create = creations<Body, Item>()
  const send = () => Promise.reject(new ApiError(422, { code: 'key_reused' }))
  await expect(create({ at: 9 }, { send, settle: move })).rejects.toMatchObject({ code: 'key_reused' })
})
