import { useCallback, useEffect, useRef, useState } from 'react'
import { canAskForMicrophone, type MicrophoneProblem, microphoneProblem, peakMeter } from '../audio/microphone'

const LEVEL_MS = 60
const METER_SAMPLES = 2048

interface Running {
  finish: () => Promise<Blob>
  /** Discards the sound. */
  drop: () => void
}

interface Options {
  maxMs: number
  onSound: (sound: Blob) => void
}

export function useMicrophone({ maxMs, onSound }: Options) {
  const [problem, setProblem] = useState<MicrophoneProblem>()
  const [meter, setMeter] = useState<{ ms: number; level: number }>()
  const running = useRef<Running>(undefined)
  /** Present while the browser asks the user for the permission. */
  const asking = useRef<AbortController>(undefined)
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

  /** Call this function in a click handler: otherwise browsers may suspend the `AudioContext` of the meter. */
  const start = useCallback(async () => {
    if (asking.current || running.current) return
    setProblem(undefined)
    if (!canAskForMicrophone()) return setProblem('insecure')
    const control = new AbortController()
    asking.current = control
    try {
      const made = await record((ms, level) => {
        setMeter({ ms, level })
        if (ms >= maxMs) void stop()
      })
      if (control.signal.aborted) return made.drop()
      running.current = made
      setMeter({ ms: 0, level: 0 })
    } catch (reason) {
      setProblem(microphoneProblem(reason))
    } finally {
      asking.current = undefined
    }
  }, [maxMs, stop])

  useEffect(
    () => () => {
      asking.current?.abort()
      running.current?.drop()
    },
    [],
  )
  return { problem, meter, start, stop, cancel }
}

/** `onMeter` gets the length so far and the loudness, from 0 to 1. */
export async function record(onMeter: (ms: number, level: number) => void): Promise<Running> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
  })
  const parts: Blob[] = []
  const recorder = new MediaRecorder(stream)
  recorder.ondataavailable = ({ data }) => parts.push(data)
  // The recorder also stops by itself, when the microphone is unplugged: then the sound until then is the recording.
  const stopped = new Promise<Blob>(resolve => {
    recorder.onstop = () => resolve(new Blob(parts, { type: recorder.mimeType }))
  })
  const meter = peakMeter(stream, METER_SAMPLES)
  const began = performance.now()
  const timer = setInterval(() => {
    onMeter(performance.now() - began, Math.min(1, meter.peak() * 1.5))
  }, LEVEL_MS)
  const drop = () => {
    clearInterval(timer)
    meter.close()
    if (recorder.state !== 'inactive') recorder.stop()
    for (const track of stream.getTracks()) track.stop()
  }
  recorder.start()
  return {
    drop,
    finish: () => {
      drop()
      return stopped
    },
  }
}
