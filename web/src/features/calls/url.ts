import { isCallOutcome } from '#shared/call-outcome'
import { type UrlChange, useUrl } from '#shared/url'
import type { CallFilter } from './api'

/** Returns the filter of the list, which is stored in the URL, and a function that changes it. */
export function useCallFilter(): [CallFilter, (change: UrlChange) => void] {
  const [params, change] = useUrl()
  const outcome = params.get('outcome')
  const filter: CallFilter = {}
  if (outcome && isCallOutcome(outcome)) filter.outcome = outcome
  const q = params.get('q')?.trim()
  if (q) filter.q = q
  return [filter, change]
}
