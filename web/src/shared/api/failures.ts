import type { Query } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { asApiError } from './errors'
import { queryClient } from './query'

/** The errors that some part of the page shows with a retry, and how many parts do. */
const shown = new Map<unknown, number>()
const listeners = new Set<() => void>()

/** Called by what shows an error of a query, so that it is said once. */
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

/** Codes by which the request itself failed. Others, such as `not_found` or one of a provider, are answers, and the screen knows them. */
const FAILED = /^(offline|timeout|bad_answer|gateway|internal|unavailable|too_large|too_many_requests|http_\d+)$/

/** A part of the screen stays empty because of this query, and nothing says so. */
const isSilent = (query: Query): boolean => {
  const { status, data, error } = query.state
  if (status !== 'error' || data !== undefined || !query.isActive() || shown.has(error)) return false
  return FAILED.test(asApiError(error).code)
}

const silent = (): Query[] => queryClient.getQueryCache().findAll({ predicate: isSilent })

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  const stop = queryClient.getQueryCache().subscribe(listener)
  return () => {
    listeners.delete(listener)
    stop()
  }
}

/** Whether a part of the screen did not load without saying so itself. */
export const useSilentFailure = (): boolean => useSyncExternalStore(subscribe, () => silent().length > 0)

/** Loads what is missing again. */
export const retrySilent = (): void => void queryClient.refetchQueries({ predicate: isSilent })
