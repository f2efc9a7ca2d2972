import type { Change } from './changes'

/** What a tab receives. */
export type Signal =
  /** The stream is open. Resumed, it continues after the last event; else changes since then are unknown. */
  | { type: 'open'; isResumed: boolean }
  | { type: 'waiting' }
  | { type: 'refused' }
  | { type: 'reset' }
  | { type: 'changes'; changes: Change[] }
  | { type: 'typing'; data: Typing }

/** A person is writing in a thread. */
export interface Typing {
  thread_id: number
  user_id: number
  user_name: string
}

/** Changes of one commit arrive within this time, and are handed on together. */
const BATCH_MS = 40
/**
 * Further batches follow at this distance. What is out of date is fetched again for each, and a request that is under way is given up
 * for the next: without a distance, a list would show nothing new as long as many changes arrive.
 */
const DISTANCE_MS = 300
/** The daemon sends something every 15 s. A connection that is silent for longer has died without a sign. */
const SILENCE_MS = 40_000
/** A refused stream (no session) is tried again after this time. */
const REFUSED_MS = 5_000

/** One connection to `/api/events`. The browser itself reconnects, and resumes after the last event. */
export class EventStream {
  readonly #tell: (signal: Signal) => void
  #source: EventSource | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #flush: ReturnType<typeof setTimeout> | undefined
  #watch: ReturnType<typeof setInterval> | undefined
  #lastFlush = 0
  #lastSign = 0
  #changes: Change[] = []
  /** The last state, for tabs that join later. */
  state: Signal = { type: 'waiting' }

  constructor(tell: (signal: Signal) => void) {
    this.#tell = tell
  }

  start(): void {
    if (this.#source && this.#source.readyState !== EventSource.CLOSED) return
    this.stop()
    const source = new EventSource('/api/events')
    this.#source = source
    this.#sign()
    this.#watch = setInterval(() => this.#check(), SILENCE_MS / 4)
    let isResumed = false
    source.onopen = () => {
      this.#sign()
      this.#enter({ type: 'open', isResumed })
      isResumed = true
    }
    source.onmessage = event => this.#add(event.data)
    source.addEventListener('alive', () => this.#sign())
    source.addEventListener('reset', () => {
      this.#sign()
      this.#tell({ type: 'reset' })
    })
    source.addEventListener('typing', event => {
      this.#sign()
      const data = parse<Typing>((event as MessageEvent<string>).data)
      if (data) this.#tell({ type: 'typing', data })
    })
    source.onerror = () => {
      this.#sign()
      if (source.readyState !== EventSource.CLOSED) return this.#enter({ type: 'waiting' })
      // The browser gives up after an answer that is not a stream: 401, or an error of a proxy.
      this.#enter({ type: 'refused' })
      this.#retry = setTimeout(() => this.start(), REFUSED_MS)
    }
  }

  stop(): void {
    clearTimeout(this.#retry)
    clearInterval(this.#watch)
    this.#source?.close()
    this.#source = undefined
  }

  #sign(): void {
    this.#lastSign = Date.now()
  }

  /** Replaces a connection that is open and silent: after a sleep, or behind a router that has forgotten it. */
  #check(): void {
    if (Date.now() - this.#lastSign < SILENCE_MS || this.#source?.readyState !== EventSource.OPEN) return
    this.#enter({ type: 'waiting' })
    this.stop()
    this.start()
  }

  #enter(state: Signal): void {
    this.state = state
    this.#tell(state)
  }

  #add(text: string): void {
    this.#sign()
    const change = parse<Change>(text)
    if (!change?.kind) return
    this.#changes.push(change)
    const wait = Math.max(BATCH_MS, this.#lastFlush + DISTANCE_MS - Date.now())
    this.#flush ??= setTimeout(
      () => {
        this.#flush = undefined
        this.#lastFlush = Date.now()
        this.#tell({ type: 'changes', changes: this.#changes.splice(0) })
      },
      // A clock that was set back must not hold changes.
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
