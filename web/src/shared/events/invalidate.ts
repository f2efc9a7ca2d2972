import type { InvalidateQueryFilters, QueryClient } from '@tanstack/react-query'

/**
 * Marks what is cached as out of date, and fetches again what is on the screen. A first request that is under way goes on, and is
 * repeated after its answer, which may be older than the change.
 */
export function invalidate(cache: QueryClient, filters: InvalidateQueryFilters = {}): void {
  const begun = cache.getQueryCache().findAll({ ...filters, type: 'all', fetchStatus: 'fetching' })
  for (const query of begun) {
    if (query.state.data !== undefined) continue
    const repeat = () => cache.invalidateQueries({ queryKey: query.queryKey, exact: true })
    // Its failure is shown where it is used.
    query.promise?.then(repeat, () => undefined)
  }
  void cache.invalidateQueries(filters)
}
