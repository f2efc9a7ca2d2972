import { expect, test } from 'vitest'
import { ApiError } from '#shared/api/errors'
import { louder } from '#shared/peaks'
import { type CallItem, callHref, type Turn } from './api'
import { mirroredPath, partBars } from './bars'
import { askForEach, returnableCalls } from './call-back'
import { answersOf, median } from './latency'
import { speakerName } from './speaker'
import { factsOf } from './tool-use'
import { cutOffBy, linesOf, placeOf, unheardParts, wordsOf } from './words'

const none = {
  transcript_partial_ms: null,
  transcript_final_ms: null,
  response_created_ms: null,
  first_token_ms: null,
  first_delta_ms: null,
  first_sent_ms: null,
  first_played_ms: null,
}

function turn(seq: number, speaker: Turn['speaker'], text: string, from: number, to: number | null, more = {}): Turn {
  const base = {
    id: seq,
    call_id: 1,
    seq,
    speaker,
    text,
    heard_text: text,
    interrupted: false,
    started_ms: from,
    tool: null,
    words: null,
  }
  return { ...base, ended_ms: to, latency: none, tokens_in: 0, tokens_out: 0, cost_micros: 0, ...more }
}

test('words divide the time of their turn by their letters', () => {
  const words = wordsOf(turn(1, 'caller', 'שלום  לכם', 1000, 2000), 2000)
  expect(words.map(({ text }) => text)).toEqual(['שלום', 'לכם'])
  expect(words[0]).toMatchObject({ fromMs: 1000, toMs: 1556, isHeard: true })
  expect(words[1]?.toMs).toBe(2000)
})

test('words have the times that the transcriber reported', () => {
  const timed = [
    { text: 'שלום', start_ms: 1200, end_ms: 1500 },
    { text: 'לכם,', start_ms: 1600, end_ms: 1900 },
    { text: 'הלו?', start_ms: 3000, end_ms: 3300 },
  ]
  // The turn's own times are those at which the engine noticed the speech.
  const lines = linesOf([turn(1, 'caller', 'שלום לכם, הלו?', 1700, 4200, { words: timed })], 6000)
  expect([lines[0]?.fromMs, lines[0]?.toMs]).toEqual([1200, 3300])
  const current = (ms: number) => placeOf(lines, ms).word
  expect([1199, 1200, 1550, 1600, 1899].map(current)).toEqual([-1, 0, 0, 1, 1])
  expect([1900, 2999, 3000, 3299, 3301].map(current)).toEqual([-1, -1, 2, 2, -1])
})

test('the reason why words were not heard is what follows them', () => {
  const cut = turn(1, 'agent', 'אנחנו פתוחים עד', 0, 1000, { interrupted: true, heard_text: 'אנחנו ' })
  const reason = (hungUpBy: string | null, ...more: Turn[]) => cutOffBy(linesOf([cut, ...more], 9000), 0, hungUpBy)
  expect(reason(null, turn(2, 'caller', 'רגע', 1000, 2000))).toBe('caller')
  expect(reason(null, turn(2, 'system', 'רמז', 900, 900), turn(3, 'employee', 'roni', 1000, 2000))).toBe('answer')
  expect(reason('roni', turn(2, 'agent', 'להתראות', 1000, 2000))).toBe('end')
  // The user has ended the call later.
  expect(reason('roni', turn(2, 'caller', 'רגע', 1000, 2000))).toBe('caller')
  expect(reason(null)).toBe('caller')
})

test('words after an interruption are not heard, and take no time', () => {
  const interrupted = turn(1, 'agent', 'ביום שלישי ב־15:00 או ב־18:00', 0, 1000, {
    interrupted: true,
    heard_text: 'ביום שלישי ',
  })
  const words = wordsOf(interrupted, 1000)
  expect(words.filter(({ isHeard }) => isHeard).map(({ text }) => text)).toEqual(['ביום', 'שלישי'])
  expect(words.at(-1)).toMatchObject({ fromMs: 1000, toMs: 1000, isHeard: false })
  // A turn in progress has no heard text yet, and must not be struck through.
  expect(wordsOf(turn(1, 'agent', 'רגע', 0, null, { heard_text: '' }), 500)[0]?.isHeard).toBe(true)
})

test('a turn without an end lasts until the next one, or until the end', () => {
  const lines = linesOf([turn(1, 'caller', 'א', 0, null), turn(2, 'agent', 'ב', 700, null)], 2000)
  expect(lines.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
    [0, 700],
    [700, 2000],
  ])
})

test('the place in the sound names a line and a word', () => {
  const lines = linesOf(
    [turn(1, 'caller', 'אחד שניים', 0, 1000), turn(2, 'tool', 'בדק', 1000, 1100), turn(3, 'agent', 'כן', 2000, 3000)],
    3000,
  )
  expect(placeOf(lines, 0)).toEqual({ line: 0, word: 0 })
  expect(placeOf(lines, 900)).toEqual({ line: 0, word: 1 })
  // During silence after a line, that line stays current. Tool lines are never current.
  expect(placeOf(lines, 1500)).toEqual({ line: 0, word: -1 })
  expect(placeOf(lines, 2500)).toEqual({ line: 2, word: 0 })
  expect(placeOf([], 10)).toEqual({ line: -1, word: -1 })
})

test('the lane shows what was not heard, within the call', () => {
  const lines = linesOf(
    [turn(1, 'agent', `ab ${'x'.repeat(200)}`, 0, 1000, { interrupted: true, heard_text: 'ab' })],
    3000,
  )
  expect(unheardParts(lines, 3000)).toEqual([[1000, 3000]])
  const answered = linesOf([...lines.map(({ turn }) => turn), turn(2, 'agent', 'כן', 1800, 2500)], 3000)
  expect(unheardParts(answered, 3000)).toEqual([[1000, 1800]])
  expect(unheardParts(linesOf([turn(1, 'agent', 'ab', 0, 1000)], 3000), 3000)).toEqual([])
})

test('an answer is divided into its stages; one that was not measured is absent', () => {
  const measured = {
    transcript_partial_ms: 90,
    transcript_final_ms: 170,
    response_created_ms: 180,
    first_token_ms: 300,
    first_delta_ms: 390,
    first_sent_ms: 391,
    first_played_ms: 650,
  }
  const unmeasured = { partial: null, final: null, token: null, listen: null, think: null, voice: null }
  const turns = [
    turn(1, 'caller', 'א', 0, 10, { latency: measured }),
    turn(2, 'agent', 'ב', 700, 900, { latency: measured }),
    turn(3, 'agent', 'ג', 1700, 1900, { latency: { ...none, first_sent_ms: 800 } }),
    turn(4, 'agent', 'ד', 2700, 2900),
  ]
  const answers = answersOf(turns)
  expect(answers).toEqual([
    { turnId: 2, atMs: 700, partial: 90, final: 170, token: 300, listen: 180, think: 210, voice: 260, total: 650 },
    { turnId: 3, atMs: 1700, ...unmeasured, total: 800 },
  ])
  expect(median(answers)).toBe(725)
  expect(median(answers.slice(0, 1))).toBe(650)
  expect(median([])).toBeNull()
})

test('bars stand where a speaker is heard', () => {
  expect(partBars([[0, 500]], 1000, 4, 0.5)).toEqual([0.5, 0.5, 0, 0])
  expect(mirroredPath([0, 1], 32)).toBe('M6 1.0V31.0')
})

test('a contact is called by the first name, and by no number', () => {
  expect(speakerName(' דנה כהן ')).toBe('דנה')
  expect(speakerName('+972501234567')).toBeNull()
  expect(speakerName('')).toBeNull()
})

test('a quiet recording is drawn at full height, both lanes by the same factor', () => {
  expect(louder({ duration_ms: 1, caller: [60, 100], agent: [20] })).toEqual({
    duration_ms: 1,
    caller: [153, 255],
    agent: [51],
  })
  // A recording that contains only noise is not amplified to full height.
  expect(louder({ duration_ms: 1, caller: [4], agent: [] }).caller).toEqual([26])
})

test('a tool is read from what it was given and what it returned', () => {
  const given = { service: 'תספורת', start: '2026-11-30T10:00' }
  const facts = (output: unknown, args: unknown = given) =>
    factsOf({ name: 'book_appointment', arguments: args, output } as Parameters<typeof factsOf>[0])
  expect(facts(null)).toMatchObject({ state: 'running', service: 'תספורת', time: '10:00' })
  expect(facts({ error: 'taken' }).state).toBe('failed')
  const done = facts({ booked: { service: 'תספורת גבר', start: '2026-12-01T09:30' } })
  expect(done).toMatchObject({ state: 'done', service: 'תספורת גבר', time: '9:30' })
  expect(done.day?.toISOString().slice(0, 10)).toBe('2026-12-01')
  expect(facts({}, 'no json')).toMatchObject({ state: 'done', service: undefined })
  expect(facts({}, { start: 'tomorrow' }).day).toBeUndefined()
  expect(facts({ keys: '123456782' }, { digits: 9 }).keys).toBe('123456782')
})

test('a caller who still waits for an answer can be called back once', () => {
  const now = new Date('2026-11-26T12:00:00Z')
  const call = (id: number, contact_id: number, more = {}) =>
    ({
      id,
      contact_id,
      direction: 'in',
      outcome: 'missed',
      peer_number: '+972501234567',
      started_at: '2026-11-26T09:00:00Z',
      ...more,
    }) as CallItem
  const calls = [
    call(15, 1),
    call(14, 1),
    // Contacts 2, 3 and 4 were served after their missed calls; contact 5 is on the line.
    call(13, 2, { outcome: 'booked' }),
    call(12, 3, { outcome: 'answered' }),
    call(11, 4, { direction: 'out', outcome: 'missed' }),
    call(10, 5, { outcome: 'live' }),
    call(9, 2),
    call(8, 3),
    call(7, 4),
    call(6, 5),
    call(5, 6, { peer_number: 'anonymous' }),
    call(4, 7, { outcome: 'message' }),
    // An answered call before the missed one does not matter.
    call(3, 8),
    call(2, 8, { outcome: 'answered' }),
    call(1, 9, { started_at: '2026-11-19T12:00:00Z' }),
    call(0, 10, { started_at: '2026-11-19T11:59:59Z' }),
  ]
  const ids = (planned: Parameters<typeof returnableCalls>[1]) =>
    returnableCalls(calls, planned, now).map(({ id }) => id)
  expect(ids([])).toEqual([15, 4, 3, 1])
  const planned = [
    { contact_id: 7, missed_call_id: null, state: 'waiting' as const },
    { contact_id: 8, missed_call_id: 3, state: 'done' as const },
    { contact_id: 9, missed_call_id: 1, state: 'cancelled' as const },
    { contact_id: 9, missed_call_id: 1, state: 'failed' as const },
    { contact_id: 1, missed_call_id: 14, state: 'done' as const },
  ]
  expect(ids(planned)).toEqual([15, 1])
})

test('several calls back are asked for until an error concerns all of them, or until they are stopped', async () => {
  const blocked = new ApiError(409, { code: 'contact_blocked' })
  const asked: number[] = []
  const ask = (errors: Record<number, ApiError>) => async (id: number) => {
    asked.push(id)
    if (errors[id]) throw errors[id]
  }
  const refused = new Map([[2, blocked]])
  expect(await askForEach([1, 2, 3], ask({ 2: blocked }), () => false)).toEqual({ planned: [1, 3], refused })
  for (const status of [0, 401, 403, 503]) {
    const error = new ApiError(status, {})
    const found = await askForEach([1, 2, 3, 4], ask({ 2: blocked, 3: error }), () => false)
    expect(found).toEqual({ planned: [1], refused, error })
  }
  asked.length = 0
  expect((await askForEach([1, 2, 3], ask({}), () => asked.length === 2)).planned).toEqual([1, 2])
  expect(asked).toEqual([1, 2])
})

test('the links of the list keep its filter, and not the position in the call on the screen', () => {
  expect(callHref(7, '?at=34000')).toBe('/app/calls/7')
  expect(callHref(7, '?outcome=missed&t=34&q=%D7%93%D7%A0%D7%94')).toBe(
    '/app/calls/7?outcome=missed&q=%D7%93%D7%A0%D7%94',
  )
  expect(callHref(null, '?q=a+b&at=1')).toBe('/app/calls?q=a+b')
  expect(callHref(null, '')).toBe('/app/calls')
})
