/** The sample rate of the WAV file for Chromium's fake microphone. */
const RATE = 48_000

/** A section of silence or voice, in seconds. */
export type Part = { silence: number } | { voice: number }

/** Encodes a WAV file: mono, 16 bits, 48 kHz. */
export function wav(parts: readonly Part[]): Buffer {
  const samples = parts.flatMap(part => ('voice' in part ? voice(part.voice) : silence(part.silence)))
  const data = Buffer.alloc(samples.length * 2)
  samples.forEach((sample, at) => {
    data.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), at * 2)
  })
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + data.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(RATE, 24)
  head.writeUInt32LE(RATE * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(data.length, 40)
  return Buffer.concat([head, data])
}

const silence = (seconds: number): number[] => new Array(Math.round(seconds * RATE)).fill(0)

/**
 * Generates voiced syllables, three per second, with a varying pitch, so that the noise suppression does not remove
 * them as a hum.
 */
function voice(seconds: number): number[] {
  let phase = 0
  return Array.from({ length: Math.round(seconds * RATE) }, (_, at) => {
    const time = at / RATE
    phase += (2 * Math.PI * (130 + 35 * Math.sin(2 * Math.PI * 0.9 * time))) / RATE
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 1.5 * time)) ** 0.5 + 0.15
    let sum = 0
    for (let harmonic = 1; harmonic <= 18; harmonic++) sum += Math.sin(harmonic * phase) / harmonic ** 0.8
    return 0.22 * syllable * sum
  })
}
