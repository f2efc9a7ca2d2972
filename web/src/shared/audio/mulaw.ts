/** The sample rate of G.711 mu-law, the audio of the telephone network: 8000 samples of one byte per second. */

export const SAMPLE_RATE = 8_000
/** The number of samples in a frame of 20 ms. */
export const FRAME_SAMPLES = 160
export const SILENCE = 0xff

const BIAS = 0x84
const LOUDEST = 32_635

/** Encodes a sample from -1 to 1. */
export function encodeSample(sample: number): number {
  const pcm = Math.round(Math.max(-1, Math.min(1, sample)) * 32_767)
  const sign = pcm < 0 ? 0x80 : 0
  const biased = Math.min(Math.abs(pcm), LOUDEST) + BIAS
  const exponent = 31 - Math.clz32(biased) - 7
  const mantissa = (biased >> (exponent + 3)) & 0x0f
  return ~(sign | (exponent << 4) | mantissa) & 0xff
}

/** Decodes a byte to a sample from -1 to 1. */
export function decodeSample(byte: number): number {
  const bits = ~byte & 0xff
  const exponent = (bits >> 4) & 7
  const pcm = ((((bits & 0x0f) << 3) + BIAS) << exponent) - BIAS
  return (bits & 0x80 ? -pcm : pcm) / 32_768
}

export function encode(samples: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length)
  for (let at = 0; at < samples.length; at++) bytes[at] = encodeSample(samples[at] ?? 0)
  return bytes
}

export function decode(bytes: ArrayLike<number>): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(bytes.length)
  for (let at = 0; at < bytes.length; at++) samples[at] = decodeSample(bytes[at] ?? SILENCE)
  return samples
}

export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}
