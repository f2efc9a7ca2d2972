import { expect, test } from 'vitest'
import { ApiError } from '#shared/api/errors'
import { agentHasCall, answerState, OFF, setAnswerState } from './answer-state'

const refused = (code: string) => ({ kind: 'refused' as const, error: new ApiError(409, { code }) })

test('a refusal is removed once the agent has the call again', () => {
  for (const problem of [
    refused('already_answered'),
    refused('no_agent'),
    { kind: 'ended' as const, reason: 'no_agent' },
  ]) {
    setAnswerState({ ...OFF, callId: 7, problem })
    agentHasCall(8)
    expect(answerState().problem).toBe(problem)
    agentHasCall(7)
    expect(answerState().problem).toBeUndefined()
  }
})

test('other problems stay, because they are true until the next attempt', () => {
  for (const problem of [refused('unavailable'), { kind: 'ended' as const, reason: 'connection_lost' }]) {
    setAnswerState({ ...OFF, callId: 7, problem })
    agentHasCall(7)
    expect(answerState().problem).toBe(problem)
  }
})
