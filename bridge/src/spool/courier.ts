import { type Log, reason } from '../log.ts'
import { DiskTrouble } from '../session/log-file.ts'
import { backOff } from '../whatsapp/reaction.ts'
import type { WireEvent } from '../wire/event.ts'
import type { Daemon } from './daemon.ts'
import type { Inbox, InboxEntry } from './inbox.ts'

/** Converts an entry to the daemon's events. One message of the phone can contain a whole history. */
export type Unpack = (id: string, entry: InboxEntry) => AsyncIterable<WireEvent>

/** An entry cannot be unpacked at the moment: an external resource that it needs is unavailable. */
export class NotYet extends Error {
  override readonly name = 'NotYet'
}

/** The dependencies of a courier. */
export interface CourierParts {
  readonly inbox: Inbox
  readonly daemon: Daemon
  readonly unpack: Unpack
  /** Archives what the daemon refuses permanently. */
  readonly setAside: (id: string, entry: InboxEntry, why: string) => Promise<void>
  readonly onDiskTrouble: (error: unknown) => void
  readonly log: Log
}

/**
 * Delivers the waiting entries to the daemon, in order within each lane and several lanes at once, and retries
 * without a limit: an entry is deleted only when the daemon has it on disk. The daemon recognises events that it
 * already has.
 */
export class Courier {
  readonly #parts: CourierParts
  readonly #lanes = new Map<string, Waiting[]>()
  /** Lanes without a running delivery. */
  readonly #idle: string[] = []
  #working = 0
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #refused = 0
  #delivered = 0
  #toldAt = Number.NEGATIVE_INFINITY
  #isTold = false
  readonly #unpackTries = new Map<string, number>()

  constructor(parts: CourierParts) {
    this.#parts = parts
  }

  start(): void {
    this.#parts.inbox.listen((id, lane, isNew) =>
      this.#take({ id, since: isNew ? performance.now() : Number.NEGATIVE_INFINITY }, lane),
    )
  }

  /** Starts no new delivery. One that does not finish in time is repeated after the next start. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** Events that the daemon refused because of their content. */
  get refused(): number {
    return this.#refused
  }

  /** Events that the daemon has acknowledged. */
  get delivered(): number {
    return this.#delivered
  }

  #take(entry: Waiting, lane: string): void {
    const waiting = this.#lanes.get(lane)
    if (waiting) {
      waiting.push(entry)
    } else {
      this.#lanes.set(lane, [entry])
      this.#idle.push(lane)
      this.#work()
    }
  }

  #work(): void {
    // After a failure only one lane retries, until it succeeds.
    const most = this.#failures > 0 ? 1 : MOST_LANES
    while (!this.#stopped && !this.#timer && this.#working < most) {
      const lane = this.#idle.shift()
      if (lane === undefined) return
      this.#working++
      void this.#carry(lane).finally(() => {
        this.#working--
        this.#work()
      })
    }
  }

  async #carry(lane: string): Promise<void> {
    const waiting = this.#lanes.get(lane) as Waiting[]
    try {
      while (waiting.length > 0 && !this.#stopped) {
        const next = waiting[0] as Waiting
        const delivery = await this.#deliver(next)
        if (delivery === 'daemon_down') this.#idle.push(lane)
        else if (delivery !== 'done') this.#rest(lane, delivery.afterMs)
        if (delivery !== 'done') return
        await this.#parts.inbox.done(next.id)
        waiting.shift()
      }
      if (waiting.length === 0) this.#lanes.delete(lane)
    } catch (error) {
      this.#stopped = true
      this.#parts.onDiskTrouble(error)
    }
  }

  /** An entry that cannot be unpacked is archived; one that cannot be unpacked yet delays its own lane. */
  async #failToUnpack(id: string, entry: InboxEntry, error: unknown): Promise<Delivery> {
    if (error instanceof DiskTrouble) throw error
    const tries = (this.#unpackTries.get(id) ?? 0) + 1
    this.#unpackTries.set(id, tries)
    if (error instanceof NotYet && tries < MOST_TRIES) {
      this.#parts.log.warn('WA_IN_NOT_YET', reason(error), { id })
      return { afterMs: backOff(tries, Math.random()) }
    }
    this.#unpackTries.delete(id)
    this.#parts.log.error('WA_IN_UNREADABLE', `A message cannot be unpacked and is archived: ${reason(error)}`, { id })
    await this.#parts.setAside(id, entry, reason(error))
    return 'done'
  }

  /** Retries a lane after a delay. */
  #rest(lane: string, afterMs: number): void {
    setTimeout(() => {
      this.#idle.push(lane)
      this.#work()
    }, afterMs).unref()
  }

  /** Done when the daemon has all of an entry, or has refused it permanently. */
  async #deliver({ id, since }: Waiting): Promise<Delivery> {
    const entry = await this.#parts.inbox.read(id)
    if (!entry) return 'done'
    const events = this.#parts.unpack(id, entry)[Symbol.asyncIterator]()
    for (;;) {
      let next: IteratorResult<WireEvent>
      try {
        next = await events.next()
      } catch (error) {
        return this.#failToUnpack(id, entry, error)
      }
      if (next.done) {
        this.#unpackTries.delete(id)
        return 'done'
      }
      const event = performance.now() - since > WAITED_MS ? waited(next.value) : next.value
      const answer = await this.#parts.daemon.tell(event)
      if (answer.kind === 'taken') {
        this.#succeed()
      } else if (answer.kind === 'refused') {
        this.#refused++
        this.#parts.log.error('WA_IN_REFUSED', `The daemon refused the content of an event (${answer.status})`, {
          id,
        })
        await this.#parts.setAside(id, { event }, `the daemon answered ${answer.status}`)
      } else {
        this.#fail(answer.why, answer.status)
        return 'daemon_down'
      }
    }
  }

  #succeed(): void {
    this.#delivered++
    if (this.#failures === 0) return
    this.#failures = 0
    if (this.#isTold) this.#parts.log.info('DAEMON_UP', 'The daemon accepts events again')
    this.#isTold = false
    this.#work()
  }

  #fail(why: string, status: number | undefined): void {
    this.#failures++
    const hint = status === 401 || status === 403 ? '; set the same BAILEYS_WEBHOOK_SECRET on both sides' : ''
    const afterMs = Math.min(backOff(this.#failures, Math.random()), LONGEST_PAUSE_MS)
    // Logs the first failure, and then one at intervals.
    const isNews = performance.now() - this.#toldAt > TOLD_MS
    if (isNews) {
      this.#toldAt = performance.now()
      this.#isTold = true
      this.#parts.log.warn('DAEMON_DOWN', `${reason(why)}${hint}; ${this.#parts.inbox.length} events wait`, {
        waiting: this.#parts.inbox.length,
        retry_in_ms: afterMs,
      })
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#work()
    }, afterMs)
  }
}

/** The event of a message that has waited here. */
function waited(event: WireEvent): WireEvent {
  return event.event === 'message' && !event.history ? { ...event, waited: true } : event
}

/** An entry that is to be delivered. */
interface Waiting {
  readonly id: string
  /** When it arrived, by `performance.now()`; `-Infinity` for an entry from before the start. */
  readonly since: number
}

type Delivery = 'done' | 'daemon_down' | { readonly afterMs: number }

const MOST_LANES = 4
/** A message that the daemon gets later than this counts as delayed. */
const WAITED_MS = 2_000
/** About an hour. */
const MOST_TRIES = 18
const LONGEST_PAUSE_MS = 30_000
/** The interval of the warnings that the daemon does not accept events. */
const TOLD_MS = 60_000
