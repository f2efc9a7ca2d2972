/** The sample rate: twice that of the telephone, so that Twilio's conversion loses nothing. */
const RATE = 16_000
/** Samples below this amplitude count as silence. */
const SILENCE = 0.015
/** The silence that is kept at both ends, in seconds. */
const MARGIN_S = 0.12

/** The format that the daemon accepts. */
export interface Sound {
  /** A WAV file with 16 bits and one channel. */
  file: Blob
  ms: number
  /** The loudest sample, from 0 to 1. */
  peak: number
}

/** Throws for a file that the browser cannot decode. */
export async function readSound(file: Blob): Promise<Sound> {
  // An offline context resamples to its own rate while decoding.
  const context = new OfflineAudioContext(1, 1, RATE)
  const audio = await context.decodeAudioData(await file.arrayBuffer())
  const channels = Array.from({ length: audio.numberOfChannels }, (_, at) => audio.getChannelData(at))
  const samples = trimmed(mixed(channels), RATE)
  return {
    file: wavOf(samples, RATE),
    ms: Math.round((samples.length / RATE) * 1000),
    peak: samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0),
  }
}

export const isSilent = (sound: Sound): boolean => sound.peak < SILENCE * 2

export function mixed(channels: readonly Float32Array[]): Float32Array {
  const [first, ...others] = channels
  if (!first) return new Float32Array(0)
  return first.map((sample, at) => others.reduce((sum, other) => sum + (other[at] ?? 0), sample) / channels.length)
}

/**
 * Shortens the silence at both ends to `MARGIN_S`, because a caller must wait for the end of the greeting. A sound that
 * is silent throughout is returned unchanged.
 */
export function trimmed(samples: Float32Array, rate: number): Float32Array {
  const isLoud = (sample: number) => Math.abs(sample) >= SILENCE
  const first = samples.findIndex(isLoud)
  if (first < 0) return samples
  const last = samples.findLastIndex(isLoud)
  const margin = Math.round(MARGIN_S * rate)
  return samples.slice(Math.max(0, first - margin), last + 1 + margin)
}

/** A WAV file with 16 bits and one channel. */
export function wavOf(samples: Float32Array, rate: number): Blob {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2))
  const text = (at: number, letters: string) => {
    for (let index = 0; index < letters.length; index++) view.setUint8(at + index, letters.charCodeAt(index))
  }
  text(0, 'RIFF')
  view.setUint32(4, 36 + samples.length * 2, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, rate, true)
  view.setUint32(28, rate * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, samples.length * 2, true)
  samples.forEach((sample, at) => {
    view.setInt16(44 + at * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), true)
  })
  return new Blob([view], { type: 'audio/wav' })
}
