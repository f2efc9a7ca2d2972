import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { EventStream, type Signal } from './source'

/** A source whose events the test sends. */
class FakeSource extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSED = 2
  static made: FakeSource[] = []
  readyState = FakeSource.CONNECTING
  onopen?: () => void
  onerror?: () => void
  onmessage?: (event: { data: string }) => void
  constructor() {
    super()
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
const current = () => FakeSource.made.at(-1) as FakeSource
const change = (seq: number) => current().onmessage?.({ data: JSON.stringify({ seq, kind: 'message_created' }) })
const batches = () =>
  signals.flatMap(signal => (signal.type === 'changes' ? [signal.changes.map(({ seq }) => seq)] : []))

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('EventSource', FakeSource)
  FakeSource.made = []
  signals = []
  new EventStream(signal => signals.push(signal)).start()
  current().open()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('only the same connection resumes', () => {
  current().fail(FakeSource.CONNECTING)
  current().open()
  // A proxy answered 502: the browser gives up, and the next source does not know the last event.
  current().fail(FakeSource.CLOSED)
  vi.advanceTimersByTime(5_000)
  expect(FakeSource.made).toHaveLength(2)
  current().open()
  expect(signals).toEqual([
    { type: 'open', isResumed: false },
    { type: 'waiting' },
    { type: 'open', isResumed: true },
    { type: 'refused' },
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
  vi.advanceTimersByTime(50_000)
  expect(FakeSource.made).toHaveLength(2)
  current().open()
  expect(signals.slice(-2)).toEqual([{ type: 'waiting' }, { type: 'open', isResumed: false }])
})
