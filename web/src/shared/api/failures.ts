import type { Query } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { asApiError } from './errors'
import { queryClient } from './query'

/** How many components show each error themselves. */
const shown = new Map<unknown, number>()
const listeners = new Set<() => void>()

/** Registers that a component shows this error, so that the page does not show it a second time. */
export function useShownError(error: unknown): void {
  useEffect(() => {
    count(error, 1)
    return () => count(error, -1)
  }, [error])
}

function count(error: unknown, by: 1 | -1): void {
  const next = (shown.get(error) ?? 0) + by
  if (next > 0) shown.set(error, next)
  else shown.delete(error)
  for (const listener of listeners) listener()
}

/**
 * Codes of failed requests. Other codes, such as `not_found` or a provider's error, are valid answers, which the
 * components handle themselves.
 */
const FAILED = /^(offline|timeout|bad_answer|gateway|internal|unavailable|too_large|too_many_requests|http_\d+)$/

/** Whether the last request failed, a component needs the data, and no component shows the error. */
const isSilent = (query: Query): boolean => {
  const { status, error, fetchMeta } = query.state
  if (status !== 'error' || !query.isActive() || shown.has(error)) return false
  // Only the next page of a list failed: the pages before it are current, and the button for the next page stays.
  if (query.state.data !== undefined && fetchMeta?.fetchMore) return false
  return FAILED.test(asApiError(error).code)
}

const silent = (hasData: boolean): Query[] =>
  queryClient.getQueryCache().findAll({
    predicate: query => isSilent(query) && (query.state.data !== undefined) === hasData,
  })

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  const stop = queryClient.getQueryCache().subscribe(listener)
  return () => {
    listeners.delete(listener)
    stop()
  }
}

/** Whether a part of the page could not be loaded and does not show the error itself. */
export const useSilentFailure = (): boolean => useSyncExternalStore(subscribe, () => silent(false).length > 0)

/** When the oldest data on the screen that could not be fetched again was fetched, in Unix ms. */
export const useStaleSince = (): number | undefined =>
  useSyncExternalStore(subscribe, () => {
    const times = silent(true).map(({ state }) => state.dataUpdatedAt)
    return times.length > 0 ? Math.min(...times) : undefined
  })

export const retrySilent = (): void => void queryClient.refetchQueries({ predicate: isSilent })
