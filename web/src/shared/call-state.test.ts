import { expect, test } from 'vitest'
import { canListen, isVoicemail } from './call-state'

test('a call in a fallback leaves a message with Twilio, which the daemon cannot hear', () => {
  const fallback = { state: 'fallback', engine: null, transferring: false } as const
  expect(isVoicemail(fallback)).toBe(true)
  expect(canListen(fallback)).toBe(false)
  const live = { state: 'live', engine: 'realtime', transferring: false } as const
  expect(isVoicemail(live)).toBe(false)
  expect(canListen(live)).toBe(true)
  expect(isVoicemail({ ...live, engine: 'voicemail' })).toBe(true)
})

test('a call that rings, or that is at the phone of the business, cannot be listened to', () => {
  const call = { engine: 'realtime', transferring: false }
  for (const state of ['ringing', 'transferred'] as const) expect(canListen({ ...call, state })).toBe(false)
  expect(canListen({ ...call, state: 'live', transferring: true })).toBe(false)
})
