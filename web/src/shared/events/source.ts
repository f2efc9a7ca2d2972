import type { Change } from './changes'

/** What a tab receives. */
export type Signal =
  | { type: 'open' }
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
/** A refused stream (no session) is tried again after this time. */
const REFUSED_MS = 5_000

/** One connection to `/api/events`. The browser itself reconnects, and resumes after the last event. */
export class EventStream {
  readonly #tell: (signal: Signal) => void
  #source: EventSource | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #flush: ReturnType<typeof setTimeout> | undefined
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
    source.onopen = () => this.#enter({ type: 'open' })
    source.onmessage = event => this.#add(event.data)
    source.addEventListener('reset', () => this.#tell({ type: 'reset' }))
    source.addEventListener('typing', event => {
      const data = parse<Typing>((event as MessageEvent<string>).data)
      if (data) this.#tell({ type: 'typing', data })
    })
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return this.#enter({ type: 'waiting' })
      // The browser gives up after an answer that is not a stream: 401, or an error of a proxy.
      this.#enter({ type: 'refused' })
      this.#retry = setTimeout(() => this.start(), REFUSED_MS)
    }
  }

  stop(): void {
    clearTimeout(this.#retry)
    this.#source?.close()
    this.#source = undefined
  }

  #enter(state: Signal): void {
    this.state = state
    this.#tell(state)
  }

  #add(text: string): void {
    const change = parse<Change>(text)
    if (!change?.kind) return
    this.#changes.push(change)
    this.#flush ??= setTimeout(() => {
      this.#flush = undefined
      this.#tell({ type: 'changes', changes: this.#changes.splice(0) })
    }, BATCH_MS)
  }
}

function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T
  } catch {
    return null
  }
}
