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
  // A call without peaks shows who spoke when.
  retry: false,
})
