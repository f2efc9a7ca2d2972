import { afterEach, expect, test, vi } from 'vitest'

const contexts: object[] = []
class FakeContext {
  sampleRate = 48_000
  destination = {}
  constructor() {
    contexts.push(this)
  }
  resume = async () => undefined
  close = async () => undefined
}
vi.stubGlobal('AudioContext', FakeContext)
vi.stubGlobal(
  'GainNode',
  class {
    connect = () => undefined
  },
)
vi.mock('#shared/api/client', () => ({ raw: async () => ({ body: null }) }))
const { OFF, setAnswerState } = await import('./call/answer-state')
const { listen, stopListening } = await import('./listening')

afterEach(() => {
  setAnswerState(OFF)
  stopListening()
  contexts.splice(0)
})

test('a call is not listened to while the user talks with a caller', () => {
  setAnswerState({ callId: 7, status: 'talking' })
  listen(7)
  listen(8)
  expect(contexts).toEqual([])
  setAnswerState(OFF)
  listen(8)
  expect(contexts).toHaveLength(1)
})
