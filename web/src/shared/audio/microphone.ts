/** Why there is no microphone: the page's address, the user's refusal, or none is connected. */
export type MicrophoneProblem = 'insecure' | 'denied' | 'missing'

/** Browsers give the microphone only to pages of secure addresses. */
export const canAskForMicrophone = (): boolean => isSecureContext && Boolean(navigator.mediaDevices)

/** What a rejected `getUserMedia` means. */
export const microphoneProblem = (reason: unknown): MicrophoneProblem =>
  reason instanceof DOMException && reason.name === 'NotFoundError' ? 'missing' : 'denied'

/** How loud the last `samples` samples of a stream were: 0 to 1. */
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
