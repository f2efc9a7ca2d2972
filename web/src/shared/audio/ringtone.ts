import { useEffect } from 'react'

/** The two tones of a burst, in Hz, the times of a ring in s, and its loudness. */
const TONES = [440, 480]
const RING_S = 1.2
const EVERY_S = 3
const GAIN = 0.08
/** Only one tab of a browser rings. Browsers have no locks over plain http, where every tab rings. */
const LOCK = 'agentlocator.ringtone'

/** Rings while `isOn` is true. A tab in which the user has not clicked yet may make no sound, and leaves it to others. */
export function useRingtone(isOn: boolean): void {
  useEffect(() => {
    if (!isOn || navigator.userActivation?.hasBeenActive === false) return
    const ended = new AbortController()
    const over = new Promise<void>(resolve => ended.signal.addEventListener('abort', () => resolve()))
    const ring = () => {
      if (!ended.signal.aborted) start(ended.signal)
      return over
    }
    if (navigator.locks) navigator.locks.request(LOCK, { signal: ended.signal }, ring).catch(() => undefined)
    else void ring()
    return () => ended.abort()
  }, [isOn])
}

function start(signal: AbortSignal): void {
  const context = new AudioContext()
  const gain = new GainNode(context, { gain: 0 })
  gain.connect(context.destination)
  for (const frequency of TONES) {
    const tone = new OscillatorNode(context, { frequency })
    tone.connect(gain)
    tone.start()
  }
  const burst = () => {
    const now = context.currentTime
    gain.gain.setTargetAtTime(GAIN, now, 0.02)
    gain.gain.setTargetAtTime(0, now + RING_S, 0.05)
  }
  burst()
  const timer = setInterval(burst, EVERY_S * 1000)
  signal.addEventListener('abort', () => {
    clearInterval(timer)
    void context.close()
  })
}
