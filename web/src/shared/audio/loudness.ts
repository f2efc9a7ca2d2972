/**
 * Returns the height of a bar from 0 to 1, by loudness in decibels as ears perceive it: 0 below -46 dB, 1 at full
 * scale.
 */
export function heightOf(peak: number): number {
  if (peak <= 0) return 0
  return Math.max(0, Math.min(1, 1 + (20 * Math.log10(peak)) / 46))
}
