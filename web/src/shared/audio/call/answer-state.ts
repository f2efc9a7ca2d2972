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

/** The codes with which the daemon refuses an answer because the agent does not have the call. */
const NOT_WITH_AGENT: readonly string[] = ['already_answered', 'no_agent']

/** Removes a refusal that is no longer true, because the agent has the call again. */
export function agentHasCall(callId: number): void {
  const { problem } = state
  const code = problem?.kind === 'refused' ? problem.error.code : problem?.kind === 'ended' ? problem.reason : ''
  if (state.callId === callId && NOT_WITH_AGENT.includes(code)) setAnswerState(OFF)
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
