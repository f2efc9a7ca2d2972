import type { Turn } from './api'

/** The response time of one answer by stage, in ms. Stages that were not measured are null. */
export interface Answer {
  turnId: number
  atMs: number
  /** When the last partial transcript, the final transcript and the first text of the answer arrived. */
  partial: number | null
  final: number | null
  token: number | null
  listen: number | null
  think: number | null
  voice: number | null
  total: number
}

const between = (from: number | null | undefined, to: number | null | undefined): number | null =>
  from == null || to == null ? null : Math.max(0, to - from)

export function answersOf(turns: readonly Turn[]): Answer[] {
  return turns.flatMap((turn): Answer[] => {
    const {
      transcript_partial_ms: partial,
      transcript_final_ms: final,
      first_token_ms: token,
      response_created_ms: created,
      first_delta_ms: delta,
      first_sent_ms: sent,
      first_played_ms: played,
    } = turn.latency
    const total = played ?? sent ?? delta
    if (turn.speaker !== 'agent' || total == null) return []
    return [
      {
        turnId: turn.id,
        atMs: turn.started_ms,
        partial: partial ?? null,
        final: final ?? null,
        token: token ?? null,
        listen: created ?? null,
        think: between(created, delta),
        voice: between(delta, played ?? sent),
        total,
      },
    ]
  })
}

/** Null for an empty list. */
export function median(answers: readonly Answer[]): number | null {
  const totals = answers.map(({ total }) => total).sort((a, b) => a - b)
  const half = Math.floor(totals.length / 2)
  const upper = totals[half]
  if (upper === undefined) return null
  return totals.length % 2 === 1 ? upper : Math.round(((totals[half - 1] ?? upper) + upper) / 2)
}

/** Answers slower than this are marked, in ms. */
export const SLOW_MS = 1000
