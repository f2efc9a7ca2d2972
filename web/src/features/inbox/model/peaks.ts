/** The loudest sample of each bin, scaled so that the largest value is 255, or less if all are quiet. */
export function peaksOf(samples: Float32Array, bins: number): number[] {
  const size = Math.max(1, Math.floor(samples.length / bins))
  const peaks = Array.from({ length: Math.min(bins, samples.length) }, (_, bin) => {
    let most = 0
    for (let at = bin * size; at < (bin + 1) * size; at++) most = Math.max(most, Math.abs(samples[at] ?? 0))
    return most
  })
  const loudest = Math.max(0.05, ...peaks)
  return peaks.map(peak => Math.round((peak / loudest) * 255))
}
