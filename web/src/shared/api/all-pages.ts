import { type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { apiPages, type GetData, type GetParams, type GetPath } from './query'

/** The number of items per request. */
const PAGE = 200

type ItemOf<P extends GetPath> = GetData<P> extends { items: (infer T)[] } ? T : never

/** The query of {@link useAllPages}. */
export const allPages = <P extends GetPath>(path: P, query?: GetParams<P>['query']) =>
  apiPages(path, { query: { ...query, limit: PAGE } } as unknown as GetParams<P>)

/**
 * Fetches all pages of a list, one after the other. `data` has the items of the pages that have arrived; `isWhole` is
 * true once these are all items, in their newest state.
 */
export function useAllPages<P extends GetPath>(path: P, query?: GetParams<P>['query']) {
  const pages = useInfiniteQuery(allPages(path, query))
  const { data, error, isPending, refetch } = pages
  useNextPages(pages)
  const items = useMemo(() => data?.pages.flatMap(page => (page as unknown as { items: ItemOf<P>[] }).items), [data])
  const isWhole = pages.isSuccess && !pages.isFetching && !pages.hasNextPage
  return { data: items && { items }, isWhole, error, isPending, refetch }
}

type Pages = Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetching' | 'isFetchNextPageError' | 'fetchNextPage'>

/** Fetches the next page of a list whenever the previous one is complete, as long as `isWanted` is true. */
export function useNextPages(pages: Pages, isWanted = true): void {
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = pages
  const isDue = isWanted && hasNextPage && !isFetching && !isFetchNextPageError
  useEffect(() => {
    // A fetch that has begun since this render is not cancelled: it brings the newest state of the list.
    // After an error the list is fetched again by its retry button, or when the connection is back.
    if (isDue) void fetchNextPage({ cancelRefetch: false })
  }, [isDue, fetchNextPage])
}
