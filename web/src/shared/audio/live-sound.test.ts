import { describe, expect, it } from 'vitest'
import { LiveSound } from './live-sound'
import { encodeSample } from './mulaw'

const header = new TextEncoder().encode(`RIFF----WAVEfmt ${'-'.repeat(22)}fact--------data----`)
const voice = encodeSample(0.5)
const quiet = encodeSample(0)

/** Returns a file of two tenths of a second: first the caller speaks, then the agent. */
function file(): Uint8Array<ArrayBuffer> {
  const pairs = Array.from({ length: 1600 }, (_, at) => (at < 800 ? [voice, quiet] : [quiet, voice]))
  return Uint8Array.from([...header, ...pairs.flat()])
}

describe('the sound of a running call', () => {
  it.each([1, 7, 58, 61, 4000])('the sound is the same in pieces of %i bytes', size => {
    const sound = new LiveSound()
    const whole = file()
    const mixed: number[] = []
    for (let at = 0; at < whole.length; at += size) mixed.push(...sound.push(whole.slice(at, at + size)))
    expect(mixed.length).toBe(1600)
    expect(mixed.every(sample => Math.abs(sample - 0.5) < 0.02)).toBe(true)
    expect(sound.bars.caller.map(height => height > 0.5)).toEqual([true, false])
    expect(sound.bars.agent.map(height => height > 0.5)).toEqual([false, true])
  })
})
