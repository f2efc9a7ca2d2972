import { heightOf } from '#shared/audio/loudness'

export type Side = 'you' | 'agent'

/** The duration of one bar, in ms. */
export const BAR_MS = 100
/** The maximum number of bars: one minute. */
const MAX_BARS = 600
/** The peak above which sound counts as audible: louder than the noise of a quiet room. */
const AUDIBLE = 0.02
/** The number of peaks in a bar; one peak arrives every 20 ms. */
const PEAKS_A_BAR = BAR_MS / 20

/** A new bar starts every 100 ms of the microphone's audio. */
export class Levels {
  readonly bars: Record<Side, number[]> = { you: [], agent: [] }
  private readonly current: Record<Side, number> = { you: 0, agent: 0 }
  private peaks = 0
  private quietBars = 0
  private readonly listeners = new Set<() => void>()
  private version = 0

  add(side: Side, peak: number): void {
    this.current[side] = Math.max(this.current[side], peak)
    if (side !== 'you' || ++this.peaks < PEAKS_A_BAR) return
    this.peaks = 0
    this.quietBars = this.current.you < AUDIBLE ? this.quietBars + 1 : 0
    for (const lane of ['you', 'agent'] as const) {
      const bars = this.bars[lane]
      bars.push(heightOf(this.current[lane]))
      if (bars.length > MAX_BARS) bars.shift()
      this.current[lane] = 0
    }
    this.version++
    for (const listener of this.listeners) listener()
  }

  /** From 0 to 1. */
  get now(): number {
    return this.bars.you.at(-1) ?? 0
  }

  get quietMs(): number {
    return this.quietBars * BAR_MS
  }

  // For useSyncExternalStore.
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly snapshot = (): number => this.version
}
