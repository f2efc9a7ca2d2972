/** The distances between two labels of a time axis, in seconds. Very long calls use a multiple of an hour. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600]
/** The maximum number of intervals: more labels do not fit on a phone. */
const MAX_TICKS = 5

/** In ms: multiples of the step, from 0 on. */
export function axisOf(durationMs: number): number[] {
  const seconds = Math.max(0, durationMs) / 1000
  const step = STEPS.find(step => seconds / step <= MAX_TICKS) ?? 3600 * Math.ceil(seconds / 3600 / MAX_TICKS)
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, at) => at * step * 1000)
}
