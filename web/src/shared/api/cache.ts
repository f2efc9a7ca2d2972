import { type InvalidateOptions, type InvalidateQueryFilters, type Query, QueryClient } from '@tanstack/react-query'

/**
 * The cache of all fetched data. If data is invalidated during its first request, the request continues and is repeated
 * after its response, because the response may be older than the change.
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
      // The component that uses the query shows its error.
      .catch(() => undefined)
      .finally(() => this.#repeated.delete(query))
  }
}
