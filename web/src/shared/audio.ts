import { useEffect, useMemo, useSyncExternalStore } from 'react'

/** The playback speeds, which the keys [ and ] step through. */
export const SPEEDS = [0.75, 1, 1.25, 1.5, 2] as const

export interface PlayerState {
  isPlaying: boolean
  positionMs: number
  speed: number
  hasFailed: boolean
}

let current: Player | undefined

/** When a player starts, the player of this class that was playing before pauses. */
export class Player {
  readonly #audio: HTMLAudioElement
  readonly #listeners = new Set<() => void>()
  #frame = 0
  #wanted: number | undefined
  state: PlayerState = { isPlaying: false, positionMs: 0, speed: 1, hasFailed: false }

  constructor(source: string) {
    this.#audio = new Audio()
    // The length is known from the call's data, so nothing is fetched before the playback starts.
    this.#audio.preload = 'none'
    this.#audio.src = source
    const follow = () => this.#follow()
    for (const name of ['play', 'pause', 'ended', 'seeked']) this.#audio.addEventListener(name, follow)
    this.#audio.addEventListener('loadedmetadata', () => {
      this.#audio.playbackRate = this.state.speed
      if (this.#wanted !== undefined) this.#audio.currentTime = this.#wanted / 1000
      this.#wanted = undefined
    })
    this.#audio.addEventListener('error', () => this.#set({ hasFailed: true, isPlaying: false }))
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  play(): void {
    if (current !== this) current?.pause()
    current = this
    if (this.state.hasFailed) {
      this.#set({ hasFailed: false })
      this.#audio.load()
    }
    this.#audio.play().catch(() => this.#set({ isPlaying: false }))
  }

  pause(): void {
    this.#audio.pause()
  }

  toggle(): void {
    if (this.#audio.paused) this.play()
    else this.pause()
  }

  /** If the sound is not loaded yet, the position is applied later. */
  seek(ms: number): void {
    const place = Math.max(0, ms)
    if (this.#audio.readyState === 0) this.#wanted = place
    else this.#audio.currentTime = place / 1000
    this.#set({ positionMs: place })
  }

  step(ms: number): void {
    this.seek(this.state.positionMs + ms)
  }

  playFrom(ms: number): void {
    this.seek(ms)
    this.play()
  }

  setSpeed(speed: number): void {
    this.#audio.playbackRate = speed
    this.#set({ speed })
  }

  /** -1 is slower, 1 is faster. */
  changeSpeed(direction: -1 | 1): void {
    const at = SPEEDS.findIndex(speed => speed >= this.state.speed)
    this.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + direction))] ?? 1)
  }

  /** Also closes the connection. */
  dispose(): void {
    cancelAnimationFrame(this.#frame)
    this.#audio.pause()
    this.#audio.removeAttribute('src')
    this.#audio.load()
    if (current === this) current = undefined
  }

  #follow(): void {
    cancelAnimationFrame(this.#frame)
    const isPlaying = !this.#audio.paused && !this.#audio.ended
    if (this.#audio.readyState > 0 && this.#wanted === undefined) {
      this.#set({ isPlaying, positionMs: Math.round(this.#audio.currentTime * 1000) })
    } else if (isPlaying !== this.state.isPlaying) {
      this.#set({ isPlaying })
    }
    if (isPlaying) this.#frame = requestAnimationFrame(() => this.#follow())
  }

  #set(change: Partial<PlayerState>): void {
    this.state = { ...this.state, ...change }
    for (const listener of this.#listeners) listener()
  }
}

/** The player is disposed of when the component unmounts. */
export function usePlayer(source: string): Player {
  const player = useMemo(() => new Player(source), [source])
  useEffect(() => () => player.dispose(), [player])
  return player
}

/** The component renders again only when the selected part changes. */
export function usePlayerState<T>(player: Player, select: (state: PlayerState) => T): T {
  return useSyncExternalStore(player.subscribe, () => select(player.state))
}

/** The address of a file of a message, in a format that this browser plays. */
export function mediaSoundUrl(url: string, mime: string): string {
  const isStored = url.startsWith('/api/media/')
  return isStored && mime.startsWith('audio/ogg') && !playsOpus() ? `${url}?format=wav` : url
}

/** Safari before 18.4 does not play Ogg. */
const playsOpus = (): boolean =>
  typeof Audio !== 'undefined' && new Audio().canPlayType('audio/ogg; codecs=opus') !== ''

/** The address of the recording in a format that this browser plays. */
export function recordingUrl(callId: number, recordingId?: number): string {
  const query = new URLSearchParams({ format: playsOpus() ? 'opus' : 'wav' })
  if (recordingId !== undefined) query.set('recording_id', String(recordingId))
  return `/api/calls/${callId}/recording?${query}`
}
