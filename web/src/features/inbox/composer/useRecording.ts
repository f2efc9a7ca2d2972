import { useCallback, useEffect, useRef, useState } from 'react'
import { canAskForMicrophone, type MicrophoneProblem, microphoneProblem, peakMeter } from '#shared/audio/microphone'

const TYPES = ['audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/mp4']
/** The interval at which the level is measured for the bars, in ms. */
const LEVEL_MS = 80
const METER_SAMPLES = 512

/** Starts at the first render. `onLeft` gets the recording if the component is removed before `finish` is called. */
export function useRecording(onLeft: (recording: Blob) => void) {
  const [refusal, setRefusal] = useState<MicrophoneProblem | null>(null)
  const [levels, setLevels] = useState<readonly number[]>([])
  const [ms, setMs] = useState(0)
  const recorder = useRef<MediaRecorder>(undefined)
  const parts = useRef<Blob[]>([])
  const release = useRef<() => void>(undefined)
  /** Also turns off the microphone, the meter and the timer. */
  const stop = useCallback(() => {
    if (recorder.current?.state === 'recording') recorder.current.stop()
    release.current?.()
    release.current = undefined
  }, [])

  const finish = useCallback(
    () =>
      new Promise<Blob>(resolve => {
        const made = recorder.current
        const type = made?.mimeType ?? 'audio/webm'
        const give = () => resolve(new Blob(parts.current, { type }))
        if (!made || made.state === 'inactive') give()
        else made.onstop = give
        stop()
      }),
    [stop],
  )
  const latest = useRef(onLeft)
  latest.current = onLeft

  useEffect(() => {
    if (!canAskForMicrophone()) return setRefusal('insecure')
    let isOver = false
    navigator.mediaDevices
      .getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } })
      .then(stream => {
        const end = () => {
          for (const track of stream.getTracks()) track.stop()
        }
        if (isOver) return end()
        release.current = end
        const mimeType = TYPES.find(type => MediaRecorder.isTypeSupported(type))
        const made = new MediaRecorder(stream, { ...(mimeType && { mimeType }), audioBitsPerSecond: 32_000 })
        made.ondataavailable = event => parts.current.push(event.data)
        made.start(1_000)
        recorder.current = made
        const began = performance.now()
        const meter = peakMeter(stream, METER_SAMPLES)
        const timer = setInterval(() => {
          setMs(performance.now() - began)
          setLevels(known => [...known.slice(-59), Math.min(1, meter.peak() * 2)])
        }, LEVEL_MS)
        release.current = () => {
          clearInterval(timer)
          meter.close()
          end()
        }
      })
      .catch(reason => setRefusal(microphoneProblem(reason)))
    return () => {
      isOver = true
      if (recorder.current?.state === 'recording') void finish().then(latest.current)
      else stop()
    }
  }, [stop, finish])

  return { refusal, levels, ms, isReady: ms > 0, finish }
}
