import { describe, expect, it } from 'vitest'
import {
  decode,
  decodeSample,
  encode,
  encodeSample,
  fromBase64,
  SAMPLE_RATE,
  SILENCE,
  toBase64,
} from '#shared/audio/mulaw'
import { Resampler } from '#shared/audio/resampler'
import { SpeakerQueue } from './speaker-queue'

const tone = (hertz: number, rate: number, seconds: number) =>
  Float32Array.from(
    { length: Math.round(rate * seconds) },
    (_, at) => 0.5 * Math.sin((2 * Math.PI * hertz * at) / rate),
  )

/** Returns the root mean square, without the first quarter, in which the filter settles. */
const loudness = (samples: Float32Array) => {
  const settled = samples.slice(samples.length / 4)
  return Math.sqrt(settled.reduce((sum, sample) => sum + sample * sample, 0) / settled.length)
}

describe('mu-law', () => {
  it('the encoding has the bytes of G.711', () => {
    expect(encodeSample(0)).toBe(SILENCE)
    expect(encodeSample(1)).toBe(0x80)
    expect(encodeSample(-1)).toBe(0x00)
    expect(decodeSample(0xff)).toBe(0)
    expect(Math.round(decodeSample(0x80) * 32_768)).toBe(32_124)
  })

  it('each byte, and each sample within its step, survives the round trip', () => {
    for (let byte = 0; byte < 256; byte++) {
      // Negative zero is the only value with two encodings.
      expect(encodeSample(decodeSample(byte))).toBe(byte === 0x7f ? 0xff : byte)
    }
    for (let sample = -1; sample <= 1; sample += 0.001) {
      expect(Math.abs(decodeSample(encodeSample(sample)) - sample)).toBeLessThan(0.004 + Math.abs(sample) * 0.04)
    }
    const bytes = encode(tone(440, SAMPLE_RATE, 0.1))
    expect(fromBase64(toBase64(bytes))).toEqual(bytes)
    expect(loudness(decode(bytes))).toBeCloseTo(0.5 / Math.SQRT2, 2)
  })
})

describe('the resampler', () => {
  it.each([
    [48_000, 8_000],
    [44_100, 8_000],
    [16_000, 8_000],
    [8_000, 48_000],
    [8_000, 44_100],
    [8_000, 8_000],
  ])('speech and its length are kept from %i to %i Hz in pieces of any size', (from, to) => {
    const input = tone(1000, from, 1)
    const resampler = new Resampler(from, to)
    const output: number[] = []
    let at = 0
    for (let piece = 1; at < input.length; piece = (piece * 7) % 389) {
      output.push(...resampler.process(input.slice(at, at + piece)))
      at += piece
    }
    const whole = new Resampler(from, to).process(input)
    expect(output).toEqual([...whole])
    expect(Math.abs(whole.length - to)).toBeLessThan(to * 0.03)
    expect(loudness(whole)).toBeCloseTo(0.5 / Math.SQRT2, 2)
  })

  it('frequencies that the telephone cannot carry are removed, and not folded into speech', () => {
    for (const hertz of [5_000, 7_000, 12_000]) {
      expect(loudness(new Resampler(48_000, SAMPLE_RATE).process(tone(hertz, 48_000, 1)))).toBeLessThan(0.004)
    }
  })
})

describe('the loudspeaker', () => {
  it('a mark is reported when the audio before it was played', () => {
    const queue = new SpeakerQueue()
    queue.play(new Float32Array([1, 2, 3]))
    queue.mark('a')
    queue.play(new Float32Array([4]))
    queue.mark('b')
    const output = new Float32Array(2)
    expect(queue.fill(output)).toEqual([])
    expect([...output]).toEqual([1, 2])
    expect(queue.fill(output)).toEqual(['a', 'b'])
    expect([...output]).toEqual([3, 4])
    expect(queue.fill(output)).toEqual([])
    expect([...output]).toEqual([0, 0])
  })

  it('a clear silences the loudspeaker at once, and returns the marks', () => {
    const queue = new SpeakerQueue()
    queue.play(new Float32Array([1, 2, 3]))
    queue.mark('a')
    queue.mark('b')
    const output = new Float32Array(1)
    queue.fill(output)
    expect(queue.clear()).toEqual(['a', 'b'])
    expect(queue.fill(output)).toEqual([])
    expect([...output]).toEqual([0])
    queue.play(new Float32Array([9]))
    queue.fill(output)
    expect([...output]).toEqual([9])
  })

  it('the oldest audio beyond the limit is dropped, and the marks are kept', () => {
    const queue = new SpeakerQueue(8)
    for (let piece = 1; piece <= 4; piece++) queue.play(new Float32Array([piece, piece]))
    queue.mark('a')
    queue.play(new Float32Array([5, 5]))
    const output = new Float32Array(3)
    expect(queue.fill(output)).toEqual(['a'])
    expect([...output]).toEqual([5, 5, 0])
  })
})
