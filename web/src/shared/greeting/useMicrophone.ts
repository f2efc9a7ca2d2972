import { useCallback, useEffect, useRef, useState } from 'react'

/** Why nothing is recorded: the page's address, the user's refusal, or no microphone. */
export type MicrophoneProblem = 'insecure' | 'denied' | 'missing'

const LEVEL_MS = 60

interface Running {
  /** Ends the recording, and gives its sound. */
  finish: () => Promise<Blob>
  /** Ends it without a sound. */
  drop: () => void
}

interface Options {
  mostMs: number
  onSound: (sound: Blob) => void
}

/** Records from the microphone for a limited time. */
export function useMicrophone({ mostMs, onSound }: Options) {
  const [problem, setProblem] = useState<MicrophoneProblem>()
  const [meter, setMeter] = useState<{ ms: number; level: number }>()
  const running = useRef<Running>(undefined)
  const deliver = useRef(onSound)
  deliver.current = onSound

  const stop = useCallback(async () => {
    const made = running.current
    running.current = undefined
    setMeter(undefined)
    if (made) deliver.current(await made.finish())
  }, [])

  const cancel = useCallback(() => {
    running.current?.drop()
    running.current = undefined
    setMeter(undefined)
  }, [])

  /** Call it in a click: browsers ask for the microphone only then. */
  const start = useCallback(async () => {
    setProblem(undefined)
    if (!isSecureContext || !navigator.mediaDevices) return setProblem('insecure')
    try {
      running.current = await record((ms, level) => {
        setMeter({ ms, level })
        if (ms >= mostMs) void stop()
      })
      setMeter({ ms: 0, level: 0 })
    } catch (reason) {
      setProblem(reason instanceof DOMException && reason.name === 'NotFoundError' ? 'missing' : 'denied')
    }
  }, [mostMs, stop])

  useEffect(() => () => running.current?.drop(), [])
  return { problem, meter, start, stop, cancel }
}

async function record(onMeter: (ms: number, level: number) => void): Promise<Running> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
  })
  const parts: Blob[] = []
  const recorder = new MediaRecorder(stream)
  recorder.ondataavailable = ({ data }) => parts.push(data)
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  context.createMediaStreamSource(stream).connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const began = performance.now()
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    const level = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
    onMeter(performance.now() - began, Math.min(1, level * 1.5))
  }, LEVEL_MS)
  const drop = () => {
    clearInterval(timer)
    void context.close()
    if (recorder.state !== 'inactive') recorder.stop()
    for (const track of stream.getTracks()) track.stop()
  }
  recorder.start()
  return {
    drop,
    finish: () =>
      new Promise(resolve => {
        recorder.onstop = () => resolve(new Blob(parts, { type: recorder.mimeType }))
        drop()
      }),
  }
}
