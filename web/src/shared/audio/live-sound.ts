import { heightOf } from './loudness'
import { decode, SAMPLE_RATE } from './mulaw'

/** The number of samples in one bar: a tenth of a second. */
const BAR_SAMPLES = SAMPLE_RATE / 10
/** The maximum number of bars: one minute. */
const MAX_BARS = 600

/**
 * Decodes the growing WAV file of a live call, in pieces of any size. The audio is mu-law, with the caller on the left
 * channel and the agent on the right.
 */
export class LiveSound {
  readonly bars = { caller: [] as number[], agent: [] as number[] }
  private head: Uint8Array<ArrayBuffer> | undefined = new Uint8Array(0)
  /** The caller's last sample, whose pair (the agent's sample) has not arrived yet. */
  private half: number | undefined
  private readonly peaks = { caller: 0, agent: 0 }
  private measured = 0

  /** Returns the mix of both channels, for playback. */
  push(piece: Uint8Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
    const data = this.afterHeader(piece)
    const count = (this.half === undefined ? 0 : 1) + data.length
    const mixed = new Float32Array(count >> 1)
    const samples = decode(data)
    let at = 0
    let caller = this.half
    for (const sample of samples) {
      if (caller === undefined) {
        caller = sample
        continue
      }
      mixed[at++] = Math.max(-1, Math.min(1, caller + sample))
      this.measure(caller, sample)
      caller = undefined
    }
    this.half = caller
    return mixed
  }

  private measure(caller: number, agent: number): void {
    this.peaks.caller = Math.max(this.peaks.caller, Math.abs(caller))
    this.peaks.agent = Math.max(this.peaks.agent, Math.abs(agent))
    if (++this.measured < BAR_SAMPLES) return
    this.measured = 0
    for (const lane of ['caller', 'agent'] as const) {
      this.bars[lane].push(heightOf(this.peaks[lane]))
      if (this.bars[lane].length > MAX_BARS) this.bars[lane].shift()
      this.peaks[lane] = 0
    }
  }

  /** Returns the bytes after the header, which ends with `data` and a length. */
  private afterHeader(piece: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    if (!this.head) return piece
    const whole = new Uint8Array(this.head.length + piece.length)
    whole.set(this.head)
    whole.set(piece, this.head.length)
    const data = new TextDecoder('latin1').decode(whole.subarray(0, 200)).indexOf('data')
    if (data < 0 || whole.length < data + 8) {
      this.head = whole
      return new Uint8Array(0)
    }
    this.head = undefined
    return whole.slice(data + 8)
  }
}
