import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EventStream, type Signal } from './source'

class FakeSource extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSED = 2
  static made: FakeSource[] = []
  readyState = FakeSource.CONNECTING
  onopen?: () => void
  onerror?: () => void
  onmessage?: (event: { data: string }) => void
  readonly url: string
  constructor(url: string) {
    super()
    this.url = url
    FakeSource.made.push(this)
  }
  open() {
    this.readyState = FakeSource.OPEN
    this.onopen?.()
  }
  fail(state: number) {
    this.readyState = state
    this.onerror?.()
  }
  close() {
    this.readyState = FakeSource.CLOSED
  }
}

let signals: Signal[] = []
let stream: EventStream
const current = () => FakeSource.made.at(-1) as FakeSource
const change = (seq: number) => current().onmessage?.({ data: JSON.stringify({ seq, kind: 'message_created' }) })
const batches = () =>
  signals.flatMap(signal => (signal.type === 'changes' ? [signal.changes.map(({ seq }) => seq)] : []))

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('EventSource', FakeSource)
  FakeSource.made = []
  signals = []
  stream = new EventStream(signal => signals.push(signal))
  stream.start()
  current().open()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('without a known position only the same connection resumes', () => {
  current().fail(FakeSource.CONNECTING)
  current().open()
  // A proxy answered 502: the browser does not reconnect, and a new EventSource does not know the last event id.
  current().fail(FakeSource.CLOSED)
  vi.advanceTimersByTime(5_000)
  expect(FakeSource.made).toHaveLength(2)
  current().open()
  expect(signals).toEqual([
    { type: 'open', isResumed: false },
    { type: 'waiting', since: expect.any(Number) },
    { type: 'open', isResumed: true },
    { type: 'refused', since: expect.any(Number) },
    { type: 'open', isResumed: false },
  ])
})

test('the first changes are handed on at once, and those that follow at a distance', () => {
  vi.advanceTimersByTime(1_000)
  change(1)
  vi.advanceTimersByTime(40)
  expect(batches()).toEqual([[1]])
  for (let seq = 2; seq <= 31; seq++) {
    change(seq)
    vi.advanceTimersByTime(10)
  }
  expect(batches()).toHaveLength(2)
  vi.advanceTimersByTime(300)
  expect(batches().flat()).toEqual(Array.from({ length: 31 }, (_, at) => at + 1))
})

test('a silent connection is replaced, one with signs of life is not', () => {
  for (let sign = 0; sign < 8; sign++) {
    vi.advanceTimersByTime(15_000)
    current().dispatchEvent(new Event('alive'))
  }
  expect(FakeSource.made).toHaveLength(1)
  const since = Date.now()
  vi.advanceTimersByTime(50_000)
  expect(FakeSource.made).toHaveLength(2)
  current().open()
  // The shown data is current up to the last event of the stream.
  expect(signals.slice(-2)).toEqual([
    { type: 'waiting', since },
    { type: 'open', isResumed: false },
  ])
})

test('another connection begins after the last change that is known', () => {
  change(7)
  current().fail(FakeSource.CLOSED)
  vi.advanceTimersByTime(5_000)
  expect(current().url).toBe('/api/events?after=7')
  current().open()
  expect(signals.at(-1)).toEqual({ type: 'open', isResumed: true })
})

test('after a long time without a stream its position is given up', () => {
  change(7)
  stream.stop()
  vi.advanceTimersByTime(300_001)
  stream.start()
  expect(current().url).toBe('/api/events')
  current().open()
  expect(signals.at(-1)).toEqual({ type: 'open', isResumed: false })
})

test('after a long outage the position is given up, however often the connection is tried again', () => {
  change(7)
  const since = Date.now()
  // A proxy refuses the stream.
  for (let seconds = 0; seconds < 300; seconds += 5) {
    current().fail(FakeSource.CLOSED)
    vi.advanceTimersByTime(5_000)
    expect(current().url).toBe('/api/events?after=7')
  }
  expect(signals.at(-1)).toEqual({ type: 'refused', since })
  current().fail(FakeSource.CLOSED)
  vi.advanceTimersByTime(5_000)
  expect(current().url).toBe('/api/events')
  current().open()
  expect(signals.at(-1)).toEqual({ type: 'open', isResumed: false })
})

test('after a long outage a connection that the browser would resume is replaced once', () => {
  change(7)
  const since = Date.now()
  // There is no network.
  for (let seconds = 0; seconds <= 600; seconds += 5) {
    current().fail(FakeSource.CONNECTING)
    expect(signals.at(-1)).toEqual({ type: 'waiting', since })
    expect(FakeSource.made).toHaveLength(seconds <= 300 ? 1 : 2)
    vi.advanceTimersByTime(5_000)
  }
  expect(current().url).toBe('/api/events')
  current().open()
  expect(signals.at(-1)).toEqual({ type: 'open', isResumed: false })
})

test('a stream begins at the position of the HTML file', () => {
  const begun = new EventStream(signal => signals.push(signal))
  begun.start(40)
  expect(current().url).toBe('/api/events?after=40')
  current().open()
  expect(signals.at(-1)).toEqual({ type: 'open', isResumed: true })
})

test('a tab that joins gets the changes after its position, or has to fetch all', () => {
  const kinds = (after?: number) =>
    [...stream.catchUp(after)].map(signal =>
      signal.type === 'changes' ? signal.changes.map(({ seq }) => seq) : signal,
    )
  const resumed = { type: 'open', isResumed: true }
  const unknown = { type: 'open', isResumed: false }
  expect(kinds(3)).toEqual([unknown])
  for (let seq = 10; seq < 520; seq++) change(seq)
  // The changes are not forwarded yet. When they are, the new tab receives them as well.
  expect(kinds(9)).toEqual([resumed])
  vi.advanceTimersByTime(1_000)
  expect(kinds(517)).toEqual([resumed, [518, 519]])
  expect(kinds(519)).toEqual([resumed])
  expect(kinds()).toEqual([unknown])
  expect(kinds(8)).toEqual([unknown])
  // The ten oldest changes are no longer kept.
  expect(kinds(18)).toEqual([unknown])
  expect(kinds(19)[0]).toEqual(resumed)
  current().fail(FakeSource.CONNECTING)
  expect(kinds(519)).toEqual([{ type: 'waiting', since: expect.any(Number) }])
  expect(kinds(8)).toEqual([{ type: 'waiting', since: expect.any(Number) }, { type: 'reset' }])
})

test('after a reset the stream continues at its position', () => {
  change(7)
  current().dispatchEvent(Object.assign(new Event('reset'), { lastEventId: '900' }))
  expect(signals.at(-1)).toEqual({ type: 'reset' })
  expect([...stream.catchUp(900)]).toEqual([{ type: 'open', isResumed: true }])
  expect([...stream.catchUp(899)]).toEqual([{ type: 'open', isResumed: false }])
})
