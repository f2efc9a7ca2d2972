import type { Turn } from './api'

/** How long the contact waited for one answer, by stage, in milliseconds. A stage that was not measured is absent. */
export interface Answer {
  turnId: number
  atMs: number
  listen: number | null
  think: number | null
  voice: number | null
  total: number
}

const between = (from: number | null | undefined, to: number | null | undefined): number | null =>
  from == null || to == null ? null : Math.max(0, to - from)

/** The answers of the agent whose time was measured. */
export function answersOf(turns: readonly Turn[]): Answer[] {
  return turns.flatMap((turn): Answer[] => {
    const {
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
        listen: created ?? null,
        think: between(created, delta),
        voice: between(delta, played ?? sent),
        total,
      },
    ]
  })
}

/** The middle one of the totals; null without any. */
export function median(answers: readonly Answer[]): number | null {
  const totals = answers.map(({ total }) => total).sort((a, b) => a - b)
  const half = Math.floor(totals.length / 2)
  const upper = totals[half]
  if (upper === undefined) return null
  return totals.length % 2 === 1 ? upper : Math.round(((totals[half - 1] ?? upper) + upper) / 2)
}

/** Slower answers are marked. */
export const SLOW_MS = 1000
