import { useSyncExternalStore } from 'react'
import { raw } from '#shared/api/client'
import { type ApiError, asApiError } from '#shared/api/errors'
import { recall, remember } from '#shared/storage'
import { LiveSound } from './live-sound'
import { SAMPLE_RATE } from './mulaw'
import { Resampler } from './resampler'

/** What is heard of a running call; it continues while the user opens other pages. */
interface Listening {
  /** The call; null while nothing is heard. */
  callId: number | null
  status: 'off' | 'connecting' | 'on'
  /** Why the call cannot be heard. */
  error: ApiError | undefined
  /** From 0 to 1. */
  volume: number
  bars: LiveSound['bars']
}

/** What is kept ready to be played, so that a late piece makes no gap. */
const AHEAD_S = 0.15
/** More than this is dropped: a listener wants to hear now. */
const MOST_AHEAD_S = 1.5
const NO_BARS: LiveSound['bars'] = { caller: [], agent: [] }

let state: Listening = {
  callId: null,
  status: 'off',
  error: undefined,
  volume: Number(recall('listen-volume') ?? 1),
  bars: NO_BARS,
}
let running: { stop: AbortController; context: AudioContext; gain: GainNode } | undefined
const listeners = new Set<() => void>()

function set(change: Partial<Listening>): void {
  state = { ...state, ...change }
  for (const listener of listeners) listener()
}

/** Listens to a call. Call it in a click: browsers start no sound otherwise. */
export function listen(callId: number): void {
  stopListening()
  const stop = new AbortController()
  // The samples are scheduled by this page, because browsers have no audio worklets on pages without https.
  const context = new AudioContext({ latencyHint: 'interactive' })
  const gain = new GainNode(context, { gain: state.volume })
  gain.connect(context.destination)
  void context.resume()
  running = { stop, context, gain }
  set({ callId, status: 'connecting', error: undefined, bars: NO_BARS })
  receive(callId, stop.signal, context, gain)
    .catch(reason => asApiError(reason))
    .then(error => {
      if (stop.signal.aborted) return
      release()
      set({ callId: error ? callId : null, status: 'off', error: error || undefined, bars: NO_BARS })
    })
}

/** Ends the sound. */
export function stopListening(): void {
  release()
  set({ callId: null, status: 'off', error: undefined, bars: NO_BARS })
}

export function setVolume(volume: number): void {
  remember('listen-volume', String(volume))
  if (running) running.gain.gain.value = volume
  set({ volume })
}

/** Whether this call is heard, or about to be. */
export const useIsHeard = (callId: number): boolean =>
  useSyncExternalStore(subscribe, () => state.callId === callId && state.status !== 'off')

/** Why this call cannot be heard. */
export const useListenError = (callId: number): ApiError | undefined =>
  useSyncExternalStore(subscribe, () => (state.callId === callId ? state.error : undefined))

/** How loud this call was, in bars of a tenth of a second; undefined while it is not heard. */
export const useLiveBars = (callId: number): LiveSound['bars'] | undefined =>
  useSyncExternalStore(subscribe, () => (state.callId === callId && state.status === 'on' ? state.bars : undefined))

export const useVolume = (): number => useSyncExternalStore(subscribe, () => state.volume)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function release(): void {
  running?.stop.abort()
  void running?.context.close()
  running = undefined
}

async function receive(callId: number, signal: AbortSignal, context: AudioContext, gain: GainNode): Promise<undefined> {
  const response = await raw(`/api/calls/${callId}/listen`, { signal })
  if (!response.body) return undefined
  const sound = new LiveSound()
  const resampler = new Resampler(SAMPLE_RATE, context.sampleRate)
  const reader = response.body.getReader()
  set({ status: 'on' })
  let next = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done || signal.aborted) return undefined
    const samples = resampler.process(sound.push(value as Uint8Array<ArrayBuffer>))
    set({ bars: { caller: sound.bars.caller, agent: sound.bars.agent } })
    const now = context.currentTime
    if (samples.length === 0 || next > now + MOST_AHEAD_S) continue
    if (next < now) next = now + AHEAD_S
    const buffer = context.createBuffer(1, samples.length, context.sampleRate)
    buffer.getChannelData(0).set(samples)
    const source = new AudioBufferSourceNode(context, { buffer })
    source.connect(gain)
    source.start(next)
    next += buffer.duration
  }
}
