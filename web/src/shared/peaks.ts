import type { UseQueryOptions } from '@tanstack/react-query'
import { apiQuery } from './api/query'

/** The loudness of both sides of a call's recording, from 0 to 255, in parts of equal length. */
export interface Peaks {
  duration_ms: number
  caller: number[]
  agent: number[]
}

/** As many parts as the widest waveform has bars. */
const BINS = 480

/** The query for the peaks of a call. */
export const peaksQuery = (callId: number): UseQueryOptions<Peaks> => ({
  ...(apiQuery(
    '/api/calls/{id}/peaks' as never,
    { path: { id: callId }, query: { bins: BINS } } as never,
  ) as unknown as UseQueryOptions<Peaks>),
  select: louder,
  // A call without peaks shows who spoke when.
  retry: false,
})

/** A recording below this loudness is noise. */
const QUIETEST = 40

/** The peaks with the loudest at full height: telephone sound is quiet. */
export function louder({ duration_ms, caller, agent }: Peaks): Peaks {
  const factor = 255 / Math.max(QUIETEST, ...caller, ...agent)
  const scaled = (side: number[]) => side.map(peak => Math.round(peak * factor))
  return { duration_ms, caller: scaled(caller), agent: scaled(agent) }
}
