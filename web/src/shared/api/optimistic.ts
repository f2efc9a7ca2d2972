import type { Query, QueryClient, QueryKey } from '@tanstack/react-query'

/** A change of cached data that is shown before the daemon has confirmed it. */
export interface Patch<D = never> {
  /** All cached queries whose key starts with this key are patched. */
  key: QueryKey
  update: (data: D) => D
}

/**
 * A cached response without (`base`) and with (`shown`) its optimistic changes. A change that has succeeded stays until
 * the last running one ends, because only then is the data fetched again.
 */
interface Layer {
  base: unknown
  /** The data with all changes. Other data in the cache is a newer response, which replaces this layer. */
  shown: unknown
  changes: { by: object; update: Patch['update'] }[]
  running: Set<object>
}

const layers = new WeakMap<Query, Layer>()
/** The running changes of each API path, and the keys to fetch again after the last of them. */
const paths = new Map<unknown, { running: number; keys: QueryKey[] }>()

export interface Optimistic {
  /** Removes the updates from the cached data; those of other running changes stay. */
  remove: () => void
  /** Ends the change. After the last running change of a path, its data is fetched again. */
  end: () => void
}

/** Several changes of the same data can run at once, and each can fail without affecting the others. */
export async function showPatches(cache: QueryClient, patches: readonly Patch[]): Promise<Optimistic> {
  const by = {}
  const touched = new Set<Query>()
  for (const { key } of patches) {
    const path = paths.get(key[0]) ?? { running: 0, keys: [] }
    path.running += 1
    path.keys.push(key)
    paths.set(key[0], path)
  }
  for (const { key, update } of patches) {
    await cache.cancelQueries({ queryKey: key })
    for (const query of cache.getQueryCache().findAll({ queryKey: key })) {
      if (query.state.data === undefined) continue
      const layer = layerOf(query) ?? { base: query.state.data, shown: undefined, changes: [], running: new Set() }
      layer.changes.push({ by, update })
      layer.running.add(by)
      layers.set(query, layer)
      draw(cache, query, layer)
      touched.add(query)
    }
  }
  return {
    remove: () => {
      for (const query of touched) {
        const layer = layerOf(query)
        if (!layer) continue
        layer.changes = layer.changes.filter(change => change.by !== by)
        draw(cache, query, layer)
      }
    },
    end: () => {
      for (const query of touched) {
        const layer = layers.get(query)
        if (layer?.running.delete(by) && layer.running.size === 0) layers.delete(query)
      }
      for (const { key } of patches) {
        const path = paths.get(key[0])
        if (!path || --path.running > 0) continue
        paths.delete(key[0])
        for (const queryKey of path.keys) void cache.invalidateQueries({ queryKey })
      }
    },
  }
}

function layerOf(query: Query): Layer | undefined {
  const layer = layers.get(query)
  if (layer?.shown === query.state.data) return layer
  layers.delete(query)
  return undefined
}

function draw(cache: QueryClient, query: Query, layer: Layer): void {
  const data = layer.changes.reduce((before, { update }) => update(before as never), layer.base)
  cache.setQueryData(query.queryKey, data)
  layer.shown = query.state.data
}
