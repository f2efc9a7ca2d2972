import { useCallback, useEffect, useRef, useState } from 'react'
import { peaksOf } from '../model/peaks'

/** The player that is playing. When another one starts, this one is paused. */
let current: HTMLAudioElement | undefined

export interface Player {
  isPlaying: boolean
  isLoading: boolean
  hasFailed: boolean
  positionMs: number
  /** The duration; undefined until the file has been opened. */
  durationMs: number | undefined
  rate: number
  toggle: () => void
  seek: (ms: number) => void
  setRate: (rate: number) => void
}

/** The file is fetched only when the player is first used. */
export function useAudio(url: string): Player {
  const audio = useRef<HTMLAudioElement>(undefined)
  const [state, setState] = useState({ isPlaying: false, isLoading: false, hasFailed: false, positionMs: 0 })
  const [durationMs, setDuration] = useState<number>()
  const [rate, setRate] = useState(1)

  const open = useCallback(() => {
    if (audio.current) return audio.current
    const made = new Audio(url)
    made.preload = 'metadata'
    const set = (part: Partial<typeof state>) => setState(known => ({ ...known, ...part }))
    made.addEventListener('playing', () => set({ isPlaying: true, isLoading: false, hasFailed: false }))
    made.addEventListener('waiting', () => set({ isLoading: true }))
    made.addEventListener('pause', () => set({ isPlaying: false, isLoading: false }))
    made.addEventListener('ended', () => set({ isPlaying: false, positionMs: 0 }))
    made.addEventListener('error', () => set({ isPlaying: false, isLoading: false, hasFailed: true }))
    made.addEventListener('timeupdate', () => set({ positionMs: made.currentTime * 1000 }))
    made.addEventListener('durationchange', () => {
      if (Number.isFinite(made.duration)) setDuration(made.duration * 1000)
    })
    audio.current = made
    return made
  }, [url])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another file is another player
  useEffect(
    () => () => {
      audio.current?.pause()
      audio.current?.removeAttribute('src')
      if (current === audio.current) current = undefined
      audio.current = undefined
    },
    [url],
  )

  const toggle = useCallback(() => {
    const player = open()
    if (!player.paused) return player.pause()
    if (current && current !== player) current.pause()
    current = player
    // After an error the element plays only once the file is loaded again.
    if (player.error) player.load()
    player.play().catch(() => undefined)
  }, [open])

  const seek = useCallback(
    (ms: number) => {
      const player = open()
      player.currentTime = ms / 1000
      setState(known => ({ ...known, positionMs: ms }))
    },
    [open],
  )

  return {
    ...state,
    durationMs,
    rate,
    toggle,
    seek,
    setRate: next => {
      open().playbackRate = next
      setRate(next)
    },
  }
}

/** Larger files are not decoded for the waveform, in bytes. */
const MAX_BYTES = 3_000_000
const BINS = 240
const known = new Map<string, readonly number[]>()

/** Empty until it is computed, and if the file is too large or the browser cannot decode it. */
export function useLoudness(url: string, bytes: number | null | undefined): readonly number[] {
  const [peaks, setPeaks] = useState<readonly number[]>(known.get(url) ?? [])
  useEffect(() => {
    const found = known.get(url)
    if (found || (bytes ?? 0) > MAX_BYTES || typeof OfflineAudioContext === 'undefined') return setPeaks(found ?? [])
    const asked = new AbortController()
    decode(url, asked.signal)
      .then(made => {
        known.set(url, made)
        if (!asked.signal.aborted) setPeaks(made)
      })
      .catch(() => undefined)
    return () => asked.abort()
  }, [url, bytes])
  return peaks
}

async function decode(url: string, signal: AbortSignal): Promise<readonly number[]> {
  const answer = await fetch(url, { signal })
  // Not an empty result, which would be kept: the next attempt may succeed.
  if (!answer.ok) throw new Error(`the sound is not available: ${answer.status}`)
  const sound = await new OfflineAudioContext(1, 1, 16_000).decodeAudioData(await answer.arrayBuffer())
  return peaksOf(sound.getChannelData(0), BINS)
}
