import { useSyncExternalStore } from 'react'
import { raw } from '#shared/api/client'
import { type ApiError, asApiError } from '#shared/api/errors'
import { recall, remember } from '#shared/storage'
import { talkingCall } from './call/answer-state'
import { LiveSound } from './live-sound'
import { SAMPLE_RATE } from './mulaw'
import { Resampler } from './resampler'

/** The user keeps hearing the call while other pages are opened. */
interface Listening {
  /** Null while the user listens to no call. */
  callId: number | null
  status: 'off' | 'connecting' | 'on'
  error: ApiError | undefined
  /** The volume, from 0 to 1. */
  volume: number
  bars: LiveSound['bars']
}

/** The playback buffer in seconds, so that a late piece causes no gap. */
const AHEAD_S = 0.15
/** While more than this is buffered, in seconds, new audio is dropped to keep the delay short. */
const MAX_AHEAD_S = 1.5
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

/**
 * Call this function in a click handler: browsers start audio only then. Does nothing while the user talks with a caller,
 * whose call sends its own sound.
 */
export function listen(callId: number): void {
  if (talkingCall() !== null) return
  stopListening()
  const stop = new AbortController()
  // The page schedules the samples itself, because browsers have no audio worklets on pages without https.
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

/** Also clears the last error. */
export function stopListening(): void {
  release()
  set({ callId: null, status: 'off', error: undefined, bars: NO_BARS })
}

export function setVolume(volume: number): void {
  remember('listen-volume', String(volume))
  if (running) running.gain.gain.value = volume
  set({ volume })
}

/** True also while the connection is being opened. */
export const useIsHeard = (callId: number): boolean =>
  useSyncExternalStore(subscribe, () => state.callId === callId && state.status !== 'off')

export const useListenError = (callId: number): ApiError | undefined =>
  useSyncExternalStore(subscribe, () => (state.callId === callId ? state.error : undefined))

/** Bars of a tenth of a second; undefined unless the user listens to this call and the connection is open. */
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
    if (samples.length === 0 || next > now + MAX_AHEAD_S) continue
    if (next < now) next = now + AHEAD_S
    const buffer = context.createBuffer(1, samples.length, context.sampleRate)
    buffer.getChannelData(0).set(samples)
    const source = new AudioBufferSourceNode(context, { buffer })
    source.connect(gain)
    source.start(next)
    next += buffer.duration
  }
}
