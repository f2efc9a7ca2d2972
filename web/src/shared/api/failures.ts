import type { Query } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { asApiError } from './errors'
import { queryClient } from './query'

/** The errors that components show with a retry button, each with the number of these components. */
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

/** Returns true if a query failed, a component needs its data, and no component shows the error. */
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

/** Returns true if a part of the page could not be loaded and does not show this itself. */
export const useSilentFailure = (): boolean => useSyncExternalStore(subscribe, () => silent().length > 0)

/** Repeats the failed requests whose errors no component shows. */
export const retrySilent = (): void => void queryClient.refetchQueries({ predicate: isSilent })
