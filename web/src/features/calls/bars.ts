import { BAR_PX } from '#shared/waveform'

export function mirroredPath(bars: readonly number[], height: number): string {
  const middle = height / 2
  let path = ''
  for (const [at, bar] of bars.entries()) {
    if (bar < 0.02) continue
    const x = at * BAR_PX + BAR_PX / 2
    const half = Math.max(1, bar * (middle - 1))
    path += `M${x} ${(middle - half).toFixed(1)}V${(middle + half).toFixed(1)}`
  }
  return path
}

/** Returns bars of equal height within the given parts, for calls whose loudness is not known. */
export function partBars(
  parts: readonly (readonly [from: number, to: number])[],
  durationMs: number,
  count: number,
  height: number,
): number[] {
  return Array.from({ length: count }, (_, bar) => {
    const at = ((bar + 0.5) / count) * durationMs
    return parts.some(([from, to]) => at >= from && at < to) ? height : 0
  })
}
