import type { UseInfiniteQueryResult } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useNextPages } from '#shared/api/all-pages'
import type { Contact, ContactFilter } from './api'

type Pages = Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetching' | 'isFetchNextPageError' | 'fetchNextPage'>

/**
 * Fetches the further pages of the list, and selects all contacts once they are complete. A change of the filter, an
 * error and `cancel` end this; the selection then stays as it was.
 */
export function useSelectAll(
  query: Pages,
  filter: ContactFilter,
  contacts: readonly Contact[],
  select: (ids: ReadonlySet<number>) => void,
) {
  const key = JSON.stringify(filter)
  const [wanted, setWanted] = useState<string | null>(null)
  const isLoading = wanted === key
  const { hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = query
  useNextPages(query, isLoading)
  useEffect(() => {
    if (wanted === null) return
    if (wanted !== key || isFetchNextPageError) setWanted(null)
    else if (!hasNextPage && !isFetching) {
      setWanted(null)
      select(new Set(contacts.map(({ id }) => id)))
    }
  }, [wanted, key, isFetchNextPageError, hasNextPage, isFetching, contacts, select])
  const load = () => {
    // The error of the last page is there until that page is fetched again.
    if (isFetchNextPageError) void fetchNextPage().then(() => setWanted(key))
    else setWanted(key)
  }
  return { isLoading, load, cancel: () => setWanted(null) }
}
