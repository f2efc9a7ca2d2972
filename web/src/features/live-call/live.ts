import type { Schemas } from '#shared/api/client'

export type Call = Schemas['Call']

const LIVE: ReadonlySet<Call['state']> = new Set<Call['state']>(['ringing', 'live', 'fallback'])

/** The calls that have not ended, the oldest first. */
export function liveCalls(calls: readonly Call[]): Call[] {
  return calls.filter(({ state }) => LIVE.has(state)).sort((a, b) => a.started_at.localeCompare(b.started_at))
}
