import { type InvalidateOptions, type InvalidateQueryFilters, type Query, QueryClient } from '@tanstack/react-query'

/**
 * The cache of what was fetched. A first request that is under way when its data is marked as out of date continues, and is repeated
 * after its answer, which may be older than the change.
 */
export class Cache extends QueryClient {
  readonly #repeated = new WeakSet<Query>()

  override invalidateQueries(filters: InvalidateQueryFilters = {}, options: InvalidateOptions = {}): Promise<void> {
    const begun = this.getQueryCache().findAll({ ...filters, type: 'all', fetchStatus: 'fetching' })
    for (const query of begun) if (query.state.data === undefined) this.#repeat(query)
    return super.invalidateQueries(filters, options)
  }

  #repeat(query: Query): void {
    if (this.#repeated.has(query)) return
    this.#repeated.add(query)
    query.promise
      ?.then(() => super.invalidateQueries({ queryKey: query.queryKey, exact: true }))
      // Its failure is shown where it is used.
      .catch(() => undefined)
      .finally(() => this.#repeated.delete(query))
  }
}
