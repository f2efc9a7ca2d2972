import type { Schemas } from '#shared/api/client'
import { type ApiError, asApiError } from '#shared/api/errors'
import type { CallItem } from './api'
import { numberOf } from './CallRow'

type Planned = Pick<Schemas['OutboundCall'], 'contact_id' | 'missed_call_id' | 'state'>

/** The outcomes after which a caller can be called back. */
export const UNANSWERED: readonly CallItem['outcome'][] = ['missed', 'failed', 'message']

/** How long after a call its caller is called back together with others, in ms. */
const MAX_AGE_MS = 7 * 24 * 60 * 60_000

/** Returns true if a call is too old for `returnableCalls`. */
export const isOld = ({ started_at }: Pick<CallItem, 'started_at'>, now: Date): boolean =>
  Date.parse(started_at) < now.getTime() - MAX_AGE_MS

/**
 * Returns the newest call of each contact who still waits for an answer: it is an incoming call of the last 7 days that
 * was not answered, from a number that can be called. A later call in either direction, answered or not, replaces it as
 * the newest; so a contact whom the agent has called since is not returned. Neither is one whose call was returned, or
 * to whom a call is planned. `calls` are the calls of all outcomes and directions, newest first; older ones may be
 * absent.
 */
export function returnableCalls(calls: readonly CallItem[], planned: readonly Planned[], now: Date): CallItem[] {
  const active = planned.filter(({ state }) => state !== 'cancelled')
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

/** What became of the requests for several callers. */
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
 * Asks for each call by itself, because the daemon plans all calls of a request or none. Ends at an error that does not
 * concern this caller only, and before the next request if `isStopped` returns true.
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
