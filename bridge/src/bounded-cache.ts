import type { CacheStore } from 'baileys'

/** A cache that evicts the oldest entry once it is full. */
export function boundedCache(limit: number): CacheStore {
  const values = new Map<string, unknown>()
  return {
    get: <T>(key: string) => values.get(key) as T | undefined,
    set: (key, value) => {
      values.delete(key)
      values.set(key, value)
      if (values.size > limit) values.delete(values.keys().next().value as string)
    },
    del: key => void values.delete(key),
    flushAll: () => values.clear(),
  }
}
