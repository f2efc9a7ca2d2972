import type { Schemas } from '#shared/api/client'
import { type ApiError, asApiError } from '#shared/api/errors'
import type { CallItem } from './api'
import { numberOf } from './CallRow'

type Planned = Pick<Schemas['OutboundCall'], 'contact_id' | 'missed_call_id' | 'state'>

/** The outcomes after which a caller can be called back. */
export const UNANSWERED: readonly CallItem['outcome'][] = ['missed', 'failed', 'message']

/** How long after a call its caller is called back together with others, in ms. */
const MAX_AGE_MS = 7 * 24 * 60 * 60_000

export const isOld = ({ started_at }: Pick<CallItem, 'started_at'>, now: Date): boolean =>
  Date.parse(started_at) < now.getTime() - MAX_AGE_MS

/**
 * Returns the calls that can be returned, at most one for each contact: the contact's newest call, if it is an
 * unanswered incoming call of the last 7 days from a number that can be called. A contact whom the agent has called
 * since is left out, because that call is the newest one. Calls that were already returned, and contacts to whom a call
 * is planned, are left out as well; a call back that failed does not count. `calls` are the calls of all outcomes and directions, newest first; older ones may
 * be absent.
 */
export function returnableCalls(calls: readonly CallItem[], planned: readonly Planned[], now: Date): CallItem[] {
  const active = planned.filter(({ state }) => state !== 'cancelled' && state !== 'failed')
  const isReturned = (call: CallItem) =>
    active.some(({ missed_call_id, contact_id, state }) => {
      const isWaiting = state === 'waiting' || state === 'dialing'
      return missed_call_id === call.id || (isWaiting && contact_id === call.contact_id)
    })
  const seen = new Set<number>()
  return calls.filter(call => {
    const isNewest = !seen.has(call.contact_id)
    seen.add(call.contact_id)
    const isUnanswered = call.direction === 'in' && UNANSWERED.includes(call.outcome) && numberOf(call) !== null
    return isNewest && isUnanswered && !isOld(call, now) && !isReturned(call)
  })
}

interface Asked {
  /** The ids of the calls whose callers will be called back. */
  planned: number[]
  refused: Map<number, ApiError>
  /** The error that ended the requests early. */
  error?: ApiError
}

/** Returns true if the next request would fail as well, such as after the end of the session. */
const concernsAll = ({ isTransient, status }: ApiError): boolean => isTransient || status === 401 || status === 403

/**
 * Sends one request for each call, because the daemon plans either all calls of a request or none. Stops at an error
 * that concerns all callers, and before the next request if `isStopped` returns true.
 */
export async function askForEach(
  ids: readonly number[],
  ask: (id: number) => Promise<unknown>,
  isStopped: () => boolean,
): Promise<Asked> {
  const planned: number[] = []
  const refused = new Map<number, ApiError>()
  for (const id of ids) {
    if (isStopped()) break
    try {
      await ask(id)
      planned.push(id)
    } catch (reason) {
      const error = asApiError(reason)
      if (concernsAll(error)) return { planned, refused, error }
      refused.set(id, error)
    }
  }
  return { planned, refused }
}
