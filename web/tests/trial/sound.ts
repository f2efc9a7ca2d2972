/** The sample rate of the WAV file for Chromium's fake microphone. */
const RATE = 48_000

/** In seconds. */
export type Part = { silence: number } | { voice: number }

/** Mono, 16 bits, 48 kHz. */
export function wav(parts: readonly Part[]): Buffer {
  const seconds = (part: Part) => ('voice' in part ? part.voice : part.silence)
  const length = parts.reduce((sum, part) => sum + Math.round(seconds(part) * RATE), 0) * 2
  const data = Buffer.alloc(44 + length)
  data.write('RIFF', 0)
  data.writeUInt32LE(36 + length, 4)
  data.write('WAVEfmt ', 8)
  data.writeUInt32LE(16, 16)
  data.writeUInt16LE(1, 20)
  data.writeUInt16LE(1, 22)
  data.writeUInt32LE(RATE, 24)
  data.writeUInt32LE(RATE * 2, 28)
  data.writeUInt16LE(2, 32)
  data.writeUInt16LE(16, 34)
  data.write('data', 36)
  data.writeUInt32LE(length, 40)
  let at = 44
  for (const part of parts) {
    const end = at + Math.round(seconds(part) * RATE) * 2
    if ('voice' in part) speak(data.subarray(at, end))
    at = end
  }
  return data
}

/** One period of the voice. A table, because the sum of harmonics for each sample takes seconds. */
const WAVE = Float64Array.from({ length: 4_096 }, (_, at) => {
  let sum = 0
  for (let harmonic = 1; harmonic <= 18; harmonic++) {
    sum += Math.sin((harmonic * 2 * Math.PI * at) / 4_096) / harmonic ** 0.8
  }
  return sum
})

/**
 * Writes voiced syllables, 1.5 per second, with a varying pitch, so that the noise suppression does not remove them as
 * a hum.
 */
function speak(samples: Buffer): void {
  let phase = 0
  for (let at = 0; at * 2 < samples.length; at++) {
    const time = at / RATE
    phase = (phase + (130 + 35 * Math.sin(2 * Math.PI * 0.9 * time)) / RATE) % 1
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 1.5 * time)) ** 0.5 + 0.15
    const sample = 0.22 * syllable * (WAVE[Math.floor(phase * WAVE.length)] ?? 0)
    samples.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), at * 2)
  }
}
