import type { CacheStore } from 'baileys'

/** Creates a cache of at most `limit` entries. Once it is full, it evicts the entry that was set the longest ago. */
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
