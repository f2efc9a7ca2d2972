/** Zero crossings of the sinc kernel on each side. More crossings give a steeper filter, but cost more time. */
const ZEROS = 12
/** The fraction of the smaller rate's band that passes; the remainder is the transition band of the low-pass. */
const PASSED = 0.9

/**
 * Converts audio from one sample rate to another, piece by piece. A windowed-sinc low-pass prevents aliasing of
 * frequencies above the smaller rate's band. Positions are integers, so they never drift.
 */
export class Resampler {
  /** Input samples between two output samples: `step / phases`. */
  private readonly step: number
  private readonly phases: number
  /** The number of input samples on each side that an output sample depends on. */
  private readonly reach: number
  private readonly kernels: Float32Array[]
  private input: Float32Array
  /** The position of the next output sample in `input`: `at + phase / phases`. */
  private at: number
  private phase = 0

  constructor(from: number, to: number) {
    const divisor = gcd(from, to)
    this.step = from / divisor
    this.phases = to / divisor
    const cutoff = Math.min(1, to / from) * PASSED
    this.reach = Math.ceil(ZEROS / cutoff)
    this.kernels = Array.from({ length: this.phases }, (_, phase) => kernel(cutoff, this.reach, phase / this.phases))
    this.input = new Float32Array(this.reach)
    this.at = this.reach
  }

  /** Returns the output samples that can be computed so far. */
  process(samples: Float32Array): Float32Array<ArrayBuffer> {
    const input = new Float32Array(this.input.length + samples.length)
    input.set(this.input)
    input.set(samples, this.input.length)
    const output = new Float32Array(Math.ceil(((samples.length + this.reach) * this.phases) / this.step) + 1)
    let count = 0
    while (this.at + this.reach < input.length) {
      const taps = this.kernels[this.phase] as Float32Array
      const first = this.at - this.reach
      let sum = 0
      for (let tap = 0; tap < taps.length; tap++) sum += (taps[tap] as number) * (input[first + tap] as number)
      output[count++] = sum
      const next = this.phase + this.step
      this.at += Math.floor(next / this.phases)
      this.phase = next % this.phases
    }
    const done = Math.min(this.at - this.reach, input.length)
    this.input = input.slice(done)
    this.at -= done
    return output.slice(0, count)
  }
}

/**
 * The weights of the input samples from `-reach` to `reach` around the middle sample, for an output sample that is
 * `offset` (0 to 1) input samples after the middle sample.
 */
function kernel(cutoff: number, reach: number, offset: number): Float32Array {
  const taps = Float32Array.from({ length: 2 * reach + 1 }, (_, tap) => {
    const x = tap - reach - offset
    if (Math.abs(x) >= reach) return 0
    const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / reach)
    const angle = Math.PI * cutoff * x
    return window * (angle === 0 ? 1 : Math.sin(angle) / angle)
  })
  // Normalises the sum of the weights to 1, so that a constant signal keeps its level.
  const sum = taps.reduce((all, tap) => all + tap, 0)
  return taps.map(tap => tap / sum)
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
