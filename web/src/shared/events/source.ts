import type { Change } from './changes'

export type Signal =
  /**
   * The stream is open. If `isResumed`, it sends all changes since the tab's position; otherwise changes may have been
   * missed.
   */
  | { type: 'open'; isResumed: boolean }
  /** The connection is lost. Until `since`, in ms, the stream sent all changes. */
  | { type: 'waiting'; since: number }
  /** As `waiting`, but the response was not a stream (no session, or a proxy's error). The stream is retried. */
  | { type: 'refused'; since: number }
  /** Changes may have been missed, so all data must be fetched again. */
  | { type: 'reset' }
  | { type: 'changes'; changes: Change[] }
  | { type: 'typing'; data: Typing }

export interface Typing {
  thread_id: number
  user_id: number
  user_name: string
}

/** The time in ms within which the changes of one database commit arrive; they are forwarded together. */
const BATCH_MS = 40
/**
 * The minimum interval between batches, in ms. After each batch, the page fetches the invalidated data again and
 * cancels running requests for it. Without an interval, a list would not update as long as many changes arrive.
 */
const DISTANCE_MS = 300
/**
 * The time without an event after which a connection counts as lost, in ms. The daemon sends an event at least every
 * 15 s.
 */
const SILENCE_MS = 40_000
/** The delay before a refused stream (no session, or a proxy's error) is retried, in ms. */
const REFUSED_MS = 5_000
/** The time without an event after which the position of a stopped or lost stream is discarded, in ms. */
const FORGET_MS = 300_000
/** The maximum number of changes kept for tabs that are opened later. */
const MAX_KEPT = 500

/**
 * One stream of `/api/events`. After a lost connection the browser itself reconnects, and resumes after the last event.
 * A connection that was refused, is silent or was lost for long is replaced by a new one.
 */
export class EventStream {
  readonly #emit: (signal: Signal) => void
  #source: EventSource | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #flush: ReturnType<typeof setTimeout> | undefined
  #watch: ReturnType<typeof setInterval> | undefined
  #lastFlush = 0
  /** When the last event arrived, in ms, or when the position was taken from the page's data. */
  #lastSign = 0
  #changes: Change[] = []
  /** The number of the last known change, from which a new connection resumes; undefined while none is known. */
  #position: number | undefined
  /** `#kept` contains all changes after this number. */
  #keptSince: number | undefined
  #kept: Change[] = []
  /** The current state; undefined until the first response, and after `stop`. */
  #state: Signal | undefined

  constructor(emit: (signal: Signal) => void) {
    this.#emit = emit
  }

  /** `after` is the number of the last change that the page's data contains, if known. */
  start(after?: number): void {
    if (this.#source && this.#source.readyState !== EventSource.CLOSED) return
    this.stop()
    if (this.#position !== undefined && this.#isOutdated()) {
      // Other tabs may have missed changes before `after`, so the stream starts without a position, and all tabs fetch
      // their data.
      this.#begin(undefined)
    } else if (after !== undefined && (this.#position === undefined || after < this.#position)) {
      this.#begin(after)
      this.#sign()
    }
    const source = new EventSource(this.#position === undefined ? '/api/events' : `/api/events?after=${this.#position}`)
    this.#source = source
    this.#watch = setInterval(() => this.#check(), SILENCE_MS / 4)
    let isResumed = this.#position !== undefined
    source.onopen = () => {
      this.#sign()
      this.#enter({ type: 'open', isResumed })
      isResumed = true
    }
    source.onmessage = event => this.#add(event.data)
    source.addEventListener('alive', () => this.#sign())
    source.addEventListener('reset', event => {
      this.#sign()
      const id = Number((event as MessageEvent<string>).lastEventId || Number.NaN)
      this.#begin(Number.isFinite(id) ? id : undefined)
      this.#emit({ type: 'reset' })
    })
    source.addEventListener('typing', event => {
      this.#sign()
      const data = parse<Typing>((event as MessageEvent<string>).data)
      if (data) this.#emit({ type: 'typing', data })
    })
    source.onerror = () => {
      const since = this.#lastSign
      if (source.readyState === EventSource.CLOSED) {
        // The browser does not reconnect after a response that is not a stream: 401, or a proxy's error.
        this.#enter({ type: 'refused', since })
        this.#retry = setTimeout(() => this.start(), REFUSED_MS)
        return
      }
      this.#enter({ type: 'waiting', since })
      // The browser would resume after the last event that it has received.
      if (isResumed && this.#isOutdated()) this.#replace()
    }
  }

  stop(): void {
    clearTimeout(this.#retry)
    clearInterval(this.#watch)
    this.#source?.close()
    this.#source = undefined
    this.#state = undefined
  }

  /** The signals for a tab that joins the stream: `after` is the last change that the tab's data contains. */
  *catchUp(after?: number): Generator<Signal> {
    const isKnown = after !== undefined && this.#keptSince !== undefined && after >= this.#keptSince
    if (this.#state?.type !== 'open') {
      if (this.#state) yield this.#state
      // A stream that resumes later does so from its own position, so the tab's data may be too old for it.
      if (!isKnown && this.#position !== undefined) yield { type: 'reset' }
    } else {
      yield { type: 'open', isResumed: isKnown }
    }
    const changes = isKnown ? this.#kept.filter(({ seq }) => seq > after) : []
    if (changes.length > 0) yield { type: 'changes', changes }
  }

  #begin(position: number | undefined): void {
    this.#position = position
    this.#keptSince = position
    this.#kept = []
  }

  #sign(): void {
    this.#lastSign = Date.now()
  }

  /** After a long pause, fetching the visible data again costs less than receiving each change. */
  #isOutdated(): boolean {
    return Date.now() - this.#lastSign > FORGET_MS
  }

  #replace(): void {
    this.stop()
    this.start()
  }

  /** Replaces a silent connection, for example after a sleep, or behind a router that has dropped its state. */
  #check(): void {
    if (Date.now() - this.#lastSign < SILENCE_MS || this.#source?.readyState !== EventSource.OPEN) return
    this.#enter({ type: 'waiting', since: this.#lastSign })
    this.#replace()
  }

  #enter(state: Signal): void {
    this.#state = state
    this.#emit(state)
  }

  #keep(changes: readonly Change[]): void {
    const all = [...this.#kept, ...changes]
    const dropped = all.length - MAX_KEPT
    if (dropped > 0) this.#keptSince = all[dropped - 1]?.seq
    this.#kept = all.slice(Math.max(0, dropped))
  }

  #add(text: string): void {
    this.#sign()
    const change = parse<Change>(text)
    if (!change?.kind) return
    if (this.#position === undefined) this.#begin(change.seq - 1)
    this.#position = change.seq
    this.#changes.push(change)
    const wait = Math.max(BATCH_MS, this.#lastFlush + DISTANCE_MS - Date.now())
    this.#flush ??= setTimeout(
      () => {
        this.#flush = undefined
        this.#lastFlush = Date.now()
        const changes = this.#changes.splice(0)
        this.#keep(changes)
        this.#emit({ type: 'changes', changes })
      },
      // If the clock was set back, the wait must not exceed the interval.
      Math.min(wait, DISTANCE_MS),
    )
  }
}

function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T
  } catch {
    return null
  }
}
