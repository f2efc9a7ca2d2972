/**
 * Returns the delay in ms after this number of failed attempts: 1 s, 2 s, 4 s … up to `limitMs`, with a jitter of plus
 * or minus a third, also at the limit. `chance` is a random number from 0 to 1.
 */
export function backOff(failures: number, chance: number, limitMs = 5 * MINUTE): number {
  return spread(Math.min(SECOND * 2 ** Math.max(0, Math.min(failures, 30) - 1), limitMs), chance)
}

/** Returns `ms` with a jitter of plus or minus a third; `chance` is a random number from 0 to 1. */
export function spread(ms: number, chance: number): number {
  return Math.round(ms * (2 / 3 + (2 / 3) * chance))
}

const SECOND = 1000
const MINUTE = 60 * SECOND
