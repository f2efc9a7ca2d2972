import { expect } from '@playwright/test'

/** Prints the best of the rounds (the one that other processes have disturbed the least), the median, and the goal. */
export function report(what: string, values: number[], goal: number, unit = 'ms'): void {
  const sorted = [...values].sort((a, b) => a - b)
  const [best = Number.NaN, median = Number.NaN] = [sorted[0], sorted[sorted.length >> 1]]
  const mark = best <= goal ? '✓' : '✗'
  console.log(`${mark} ${what.padEnd(52)} <= ${goal} ${unit}   best ${best.toFixed(0)}, median ${median.toFixed(0)}`)
  if (process.env.BENCH_STRICT) expect(best, what).toBeLessThanOrEqual(goal)
}
