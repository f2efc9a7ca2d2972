/** The height of a bar: by loudness in decibels, because ears work like that; 0 below -46 dB, 1 at full scale. */
export function heightOf(peak: number): number {
  if (peak <= 0) return 0
  return Math.max(0, Math.min(1, 1 + (20 * Math.log10(peak)) / 46))
}
