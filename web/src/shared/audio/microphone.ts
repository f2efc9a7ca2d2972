/**
 * Why no microphone is available: the page is not on a secure origin, the user denied it or it could not be opened, or
 * none is connected.
 */
export type MicrophoneProblem = 'insecure' | 'denied' | 'missing'

/** Returns true if the page may request the microphone: browsers allow this only on secure origins. */
export const canAskForMicrophone = (): boolean => isSecureContext && Boolean(navigator.mediaDevices)

/** Returns the cause of a rejected `getUserMedia`; `denied` for every error other than a missing microphone. */
export const microphoneProblem = (reason: unknown): MicrophoneProblem =>
  reason instanceof DOMException && reason.name === 'NotFoundError' ? 'missing' : 'denied'

/** Creates a meter whose `peak` returns the loudest of the last `samples` (a power of two) samples, from 0 to 1. */
export function peakMeter(stream: MediaStream, samples: number): { peak: () => number; close: () => void } {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = samples
  context.createMediaStreamSource(stream).connect(analyser)
  const last = new Float32Array(samples)
  return {
    peak: () => {
      analyser.getFloatTimeDomainData(last)
      return last.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    },
    close: () => void context.close(),
  }
}
