import { useSearchParams } from 'wouter'
import type { CallOutcome } from '#shared/call-outcome'
import type { CallFilter } from './api'

const OUTCOMES: ReadonlySet<string> = new Set(['missed', 'message', 'booked', 'transferred', 'answered', 'failed'])

/** The filter of the list; it is in the address, so that a link and the browser's back button lead there. */
export function useCallFilter(): [CallFilter, (change: { outcome?: CallOutcome | null; q?: string }) => void] {
  const [params, setParams] = useSearchParams()
  const outcome = params.get('outcome')
  const filter: CallFilter = {}
  if (outcome && OUTCOMES.has(outcome)) filter.outcome = outcome as CallOutcome
  const q = params.get('q')?.trim()
  if (q) filter.q = q
  const change = (change: { outcome?: CallOutcome | null; q?: string }) =>
    setParams(
      before => {
        const next = new URLSearchParams(before)
        for (const [name, value] of Object.entries(change)) {
          if (value) next.set(name, value)
          else next.delete(name)
        }
        return next
      },
      { replace: true },
    )
  return [filter, change]
}
