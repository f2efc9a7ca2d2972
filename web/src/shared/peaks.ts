import type { UseQueryOptions } from '@tanstack/react-query'
import { apiQuery } from './api/query'

/** The loudness of both sides of a recording, from 0 to 255, in sections of equal length. */
export interface Peaks {
  duration_ms: number
  caller: number[]
  agent: number[]
}

/** The number of sections to request: enough for the bars of a waveform that is 1920 px wide. */
const BINS = 480

export const peaksQuery = (callId: number): UseQueryOptions<Peaks> => ({
  ...(apiQuery(
    '/api/calls/{id}/peaks' as never,
    { path: { id: callId }, query: { bins: BINS } } as never,
  ) as unknown as UseQueryOptions<Peaks>),
  select: louder,
  // A call without peaks is shown by its transcript times instead, so the request is not retried.
  retry: false,
})

/** The smallest peak that is scaled to the full height. A recording with only lower peaks is noise, and stays low. */
const QUIETEST = 40

/** Scales the peaks so that the loudest has the full height: telephone audio is quiet. */
export function louder({ duration_ms, caller, agent }: Peaks): Peaks {
  const factor = 255 / Math.max(QUIETEST, ...caller, ...agent)
  const scaled = (side: number[]) => side.map(peak => Math.round(peak * factor))
  return { duration_ms, caller: scaled(caller), agent: scaled(agent) }
}
