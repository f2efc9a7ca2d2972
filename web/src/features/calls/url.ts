import type { CallOutcome } from '#shared/call-outcome'
import { type UrlChange, useUrl } from '#shared/url'
import type { CallFilter } from './api'

const OUTCOMES: ReadonlySet<string> = new Set([
  'missed',
  'message',
  'booked',
  'transferred',
  'answered',
  'failed',
  'blocked',
  'robot',
])

/** Returns the filter of the list, which is stored in the URL, and a function that changes it. */
export function useCallFilter(): [CallFilter, (change: UrlChange) => void] {
  const [params, change] = useUrl()
  const outcome = params.get('outcome')
  const filter: CallFilter = {}
  if (outcome && OUTCOMES.has(outcome)) filter.outcome = outcome as CallOutcome
  const q = params.get('q')?.trim()
  if (q) filter.q = q
  return [filter, change]
}
