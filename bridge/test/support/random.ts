/** The same seed gives the same numbers. */
export interface Random {
  /** Returns an integer from 0 to `limit` - 1. */
  below(limit: number): number
}

/** Mulberry32, Tommy Ettinger's generator (public domain). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return {
    below: limit => {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
      return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
    },
  }
}

export const pick = <T>(random: Random, values: readonly T[]): T => values[random.below(values.length)] as T
