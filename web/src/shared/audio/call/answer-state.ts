import { useSyncExternalStore } from 'react'
import type { ApiError } from '#shared/api/errors'
import type { MicrophoneProblem } from '#shared/audio/microphone'

/** Why the user is not connected with the caller. */
export type AnswerProblem =
  | { kind: 'microphone'; problem: MicrophoneProblem }
  | { kind: 'refused'; error: ApiError }
  /** The connection was lost, or the daemon ended it, for this reason. */
  | { kind: 'ended'; reason: string }

/** The call that the user has answered in this page. It continues while the user opens other pages. */
interface AnsweredCall {
  /** The id of the call; null while the user has answered none. */
  callId: number | null
  status: 'off' | 'connecting' | 'announcing' | 'talking'
  isMuted: boolean
  problem: AnswerProblem | undefined
}

export const OFF: AnsweredCall = { callId: null, status: 'off', isMuted: false, problem: undefined }

let state = OFF
const listeners = new Set<() => void>()

export const answerState = (): AnsweredCall => state

export function setAnswerState(change: Partial<AnsweredCall>): void {
  state = { ...state, ...change }
  for (const listener of listeners) listener()
}

/** Returns the id of the call in which the user talks or is being connected; null if there is none. */
export const talkingCall = (): number | null => (state.status === 'off' ? null : state.callId)

export const useTalkingCall = (): number | null => useSyncExternalStore(subscribe, talkingCall)

export function useAnsweredCall(callId: number): AnsweredCall {
  const current = useSyncExternalStore(subscribe, answerState)
  return current.callId === callId ? current : OFF
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
