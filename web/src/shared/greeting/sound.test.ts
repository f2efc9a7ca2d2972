import { describe, expect, it } from 'vitest'
import { isSilent, mixed, trimmed, wavOf } from './sound'

describe('the sound of a greeting', () => {
  it('channels are mixed', () => {
    expect([...mixed([new Float32Array([1, 0]), new Float32Array([0, -0.5])])]).toEqual([0.5, -0.25])
    expect(mixed([]).length).toBe(0)
  })

  it('silence is removed at the ends, but not in the middle', () => {
    const second = 1_000
    const samples = new Float32Array(5 * second)
    samples[2 * second] = 0.5
    samples[3 * second] = -0.5
    const left = trimmed(samples, second)
    expect(left.length).toBe(second + 1 + 2 * 120)
    expect(left[120]).toBe(0.5)
    expect(trimmed(new Float32Array(9), second).length).toBe(9)
  })

  it('the file is a WAV file whose header states its length', async () => {
    const file = wavOf(new Float32Array([0, 1, -1, 2]), 16_000)
    const view = new DataView(await file.arrayBuffer())
    expect([view.byteLength, view.getUint32(4, true), view.getUint32(24, true), view.getUint32(40, true)]).toEqual([
      52, 44, 16_000, 8,
    ])
    expect([44, 46, 48, 50].map(at => view.getInt16(at, true))).toEqual([0, 32_767, -32_767, 32_767])
  })

  it('a quiet recording is silent', () => {
    const file = new Blob()
    expect([isSilent({ file, ms: 1, peak: 0.01 }), isSilent({ file, ms: 1, peak: 0.2 })]).toEqual([true, false])
  })
})
