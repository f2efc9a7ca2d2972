/** `insecure`: no secure origin. `denied`: not permitted, or the microphone could not be opened. `missing`: none. */
export type MicrophoneProblem = 'insecure' | 'denied' | 'missing'

/** Browsers offer the microphone only on secure origins. */
export const canAskForMicrophone = (): boolean => isSecureContext && Boolean(navigator.mediaDevices)

/** `denied` for every error other than a missing microphone. */
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
