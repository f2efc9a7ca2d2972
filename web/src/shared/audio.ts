import { useEffect, useMemo, useSyncExternalStore } from 'react'

/** The playback speeds, which the keys [ and ] step through. */
export const SPEEDS = [0.75, 1, 1.25, 1.5, 2] as const

/** The state of a player, for the components that render it. */
export interface PlayerState {
  isPlaying: boolean
  positionMs: number
  speed: number
  /** The sound could not be loaded. */
  hasFailed: boolean
}

let current: Player | undefined

/** Plays one sound. When a player starts, the player of this class that was playing before pauses. */
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

  /** Seeks to a position. If the sound is not loaded yet, the position is applied later. */
  seek(ms: number): void {
    const place = Math.max(0, ms)
    if (this.#audio.readyState === 0) this.#wanted = place
    else this.#audio.currentTime = place / 1000
    this.#set({ positionMs: place })
  }

  /** Seeks by `ms`, forwards or backwards. */
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

  /** Selects the next slower (-1) or faster (1) speed. */
  changeSpeed(direction: -1 | 1): void {
    const at = SPEEDS.findIndex(speed => speed >= this.state.speed)
    this.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at + direction))] ?? 1)
  }

  /** Stops the playback, and closes the connection. */
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

/** Returns a player of `source`, which is disposed of when the component unmounts. */
export function usePlayer(source: string): Player {
  const player = useMemo(() => new Player(source), [source])
  useEffect(() => () => player.dispose(), [player])
  return player
}

/** Returns a part of the player's state. The component renders again only when that part changes. */
export function usePlayerState<T>(player: Player, select: (state: PlayerState) => T): T {
  return useSyncExternalStore(player.subscribe, () => select(player.state))
}

/** Returns true if the browser plays recordings as they are stored. Safari before 18.4 does not. */
const playsOpus = (): boolean =>
  typeof Audio !== 'undefined' && new Audio().canPlayType('audio/ogg; codecs=opus') !== ''

/** Returns the URL of a call's recording in a format that this browser plays. */
export function recordingUrl(callId: number, recordingId?: number): string {
  const query = new URLSearchParams({ format: playsOpus() ? 'opus' : 'wav' })
  if (recordingId !== undefined) query.set('recording_id', String(recordingId))
  return `/api/calls/${callId}/recording?${query}`
}
