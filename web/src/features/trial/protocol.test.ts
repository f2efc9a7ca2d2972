import { describe, expect, it } from 'vitest'
import { ApiError } from '#shared/api/errors'
import { heightOf } from '#shared/audio/loudness'
import { Levels } from './levels'
import { type Action, IDLE, microphoneProblem, reduce, startProblem, type TurnMessage, unheard } from './protocol'

const turn = (seq: number, more: Partial<TurnMessage> = {}): TurnMessage => ({
  event: 'turn',
  id: `i${seq}`,
  seq,
  speaker: seq % 2 ? 'caller' : 'agent',
  text: `words ${seq}`,
  heard_text: '',
  is_final: true,
  interrupted: false,
  started_ms: seq * 1000,
  latency_ms: null,
  ...more,
})

const after = (...messages: Action[]) => messages.reduce(reduce, IDLE)
const order = (...messages: Action[]) =>
  after(...messages).lines.map(line => (line.kind === 'turn' ? line.turn.seq : line.name))

describe('the conversation', () => {
  it('lines are kept in the order in which they began', () => {
    expect(order({ event: 'begin' }, turn(2), turn(1), turn(3))).toEqual([1, 2, 3])
    expect(order(turn(1), { event: 'tool', name: 'take_message' }, turn(2), turn(1))).toEqual([1, 'take_message', 2])
  })

  it('a turn is replaced by its newer state', () => {
    const { lines } = after(turn(2, { is_final: false }), turn(2, { heard_text: 'words' }))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ turn: { is_final: true, heard_text: 'words' } })
  })

  it('the greeting is shown until it is over, although the engine connects meanwhile', () => {
    const greeting: Action = { event: 'greeting', url: '/', length_ms: 1, mark: 'greeting' }
    expect(after({ event: 'begin' }, greeting, { event: 'state', state: 'connecting' }).state).toBe('greeting')
    expect(after({ event: 'begin' }, greeting, { event: 'state', state: 'listening' }).state).toBe('listening')
  })

  it('the conversation ends once', () => {
    const ended = (reason: string): Action => ({ event: 'ended', reason, duration_ms: 1, cost_micros: 0 })
    const now = after({ event: 'begin' }, turn(1), ended('agent_hung_up'), ended('caller_hung_up'))
    expect([now.phase, now.ended?.reason, now.lines.length]).toEqual(['ended', 'agent_hung_up', 1])
    const failed = after({ event: 'begin' }, { event: 'failed', problem: { kind: 'denied' } }, ended('x'))
    expect(failed.phase).toBe('failed')
    expect(reduce(failed, { event: 'begin' })).toEqual({ ...IDLE, phase: 'on' })
  })

  it('a message that is not shown leaves the conversation as it is', () => {
    const now = after({ event: 'begin' }, turn(1))
    expect(reduce(now, { event: 'barge_in', heard_ms: 5 })).toBe(now)
    expect(reduce(now, { event: 'barge_in_undone', cause: 'noise', paused_ms: 600 })).toBe(now)
  })

  it('the words that were not heard are known', () => {
    expect(unheard(turn(2, { text: 'one two', heard_text: 'one' }))).toBe(' two')
    expect(unheard(turn(1, { heard_text: '' }))).toBe('')
  })

  it('a refused call is no lost connection', () => {
    const refusal = (status: number, code?: string) =>
      startProblem(new ApiError(status, { ...(code && { code }) })).kind
    expect(refusal(0)).toBe('unreachable')
    expect(refusal(409, 'no_engine')).toBe('no_engine')
    expect(refusal(409, 'limit_reached')).toBe('limit_reached')
    expect([refusal(403), refusal(503, 'unavailable'), refusal(502)]).toEqual(['refused', 'refused', 'refused'])
  })

  it('each problem of the microphone is distinguished', () => {
    expect(microphoneProblem(new DOMException('', 'NotFoundError')).kind).toBe('no_microphone')
    expect(microphoneProblem(new DOMException('', 'NotReadableError')).kind).toBe('microphone_busy')
    expect(microphoneProblem(new DOMException('', 'NotAllowedError')).kind).toBe('denied')
    expect(microphoneProblem('?').kind).toBe('denied')
  })
})

describe('the levels', () => {
  it('a bar of both sides is drawn for 100 ms of the microphone', () => {
    const levels = new Levels()
    let changes = 0
    levels.subscribe(() => changes++)
    levels.add('agent', 1)
    for (let peak = 0; peak < 9; peak++) levels.add('you', peak === 3 ? 1 : 0)
    expect([levels.bars.you, levels.bars.agent, changes]).toEqual([[1], [1], 1])
    expect(levels.quietMs).toBe(0)
    levels.add('you', 0)
    expect([levels.bars.you, levels.bars.agent, levels.quietMs]).toEqual([[1, 0], [1, 0], 100])
  })

  it('the height of a bar is the loudness as ears hear it', () => {
    expect([heightOf(0), heightOf(0.001), heightOf(1), heightOf(2)]).toEqual([0, 0, 1, 1])
    expect(heightOf(0.1)).toBeCloseTo(0.565, 2)
  })
})
