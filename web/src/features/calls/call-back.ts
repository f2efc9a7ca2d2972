import type { Schemas } from '#shared/api/client'
import type { CallItem } from './api'
import { numberOf } from './CallRow'

type Planned = Pick<Schemas['OutboundCall'], 'contact_id' | 'missed_call_id' | 'state'>

/** The outcomes after which a caller can be called back. */
export const UNANSWERED: readonly CallItem['outcome'][] = ['missed', 'failed', 'message']

/** Returns the newest call of each contact whom nobody has called back, newest first. */
export function returnableCalls(calls: readonly CallItem[], planned: readonly Planned[]): CallItem[] {
  const active = planned.filter(({ state }) => state !== 'cancelled')
  const isReturned = (call: CallItem) =>
    active.some(({ missed_call_id, contact_id, state }) => {
      const isWaiting = state === 'waiting' || state === 'dialing'
      return missed_call_id === call.id || (isWaiting && contact_id === call.contact_id)
    })
  const seen = new Set<number>()
  return calls.filter(call => {
    const isFirst = !seen.has(call.contact_id)
    seen.add(call.contact_id)
    const isUnanswered = call.direction === 'in' && UNANSWERED.includes(call.outcome) && numberOf(call) !== null
    return isFirst && isUnanswered && !isReturned(call)
  })
}
