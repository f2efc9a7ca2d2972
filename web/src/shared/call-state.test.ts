import { expect, test } from 'vitest'
import { canListen, isVoicemail } from './call-state'

test('a call in a fallback leaves a message with Twilio, which the daemon cannot hear', () => {
  const fallback = { state: 'fallback', engine: null } as const
  expect(isVoicemail(fallback)).toBe(true)
  expect(canListen(fallback)).toBe(false)
  const live = { state: 'live', engine: 'realtime' } as const
  expect(isVoicemail(live)).toBe(false)
  expect(canListen(live)).toBe(true)
  expect(isVoicemail({ state: 'live', engine: 'voicemail' })).toBe(true)
})

test('a call that rings, or that is at the phone of the business, cannot be listened to', () => {
  for (const state of ['ringing', 'transferred'] as const) expect(canListen({ state, engine: 'realtime' })).toBe(false)
})
