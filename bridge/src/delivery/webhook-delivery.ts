import { backOff } from '../back-off.ts'
import { type Log, reason } from '../log.ts'
import { DiskError } from '../session/log-file.ts'
import type { Inbox, InboxEntry } from '../spool/inbox.ts'
import type { WireEvent } from '../wire/event.ts'
import type { DaemonClient } from './daemon-client.ts'

/** One entry can yield many events: a message from our own phone can contain the history of all chats. */
export type ToEvents = (id: string, entry: InboxEntry) => AsyncIterable<WireEvent>

/** An entry cannot be converted to events at the moment, because an external resource is unavailable. */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
}

export interface WebhookDeliveryDependencies {
  readonly inbox: Inbox
  readonly daemon: DaemonClient
  readonly toEvents: ToEvents
  /** Archives an event that the daemon refuses permanently, or an entry that cannot be converted. */
  readonly archive: (id: string, entry: InboxEntry, why: string) => Promise<void>
  readonly onDiskError: (error: unknown) => void
  readonly log: Log
}

/**
 * Delivers the waiting entries to the daemon: in order within each lane, several lanes concurrently. Retries without a
 * limit until the daemon has an event on disk, and archives what the daemon refuses or what cannot be converted. The
 * daemon deduplicates repeated events.
 */
export class WebhookDelivery {
  readonly #dependencies: WebhookDeliveryDependencies
  readonly #lanes = new Map<string, Waiting[]>()
  /** Lanes that wait for a free place, or for the end of a pause. */
  readonly #idleLanes: string[] = []
  #activeLanes = 0
  #failures = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false
  #refused = 0
  #delivered = 0
  #warnedAt = Number.NEGATIVE_INFINITY
  #hasWarned = false
  readonly #conversionTries = new Map<string, number>()

  constructor(dependencies: WebhookDeliveryDependencies) {
    this.#dependencies = dependencies
  }

  start(): void {
    this.#dependencies.inbox.listen((id, lane, isNew) =>
      this.#enqueue({ id, since: isNew ? performance.now() : Number.NEGATIVE_INFINITY }, lane),
    )
  }

  /** Starts no new delivery. A delivery that does not finish in time is repeated after the next start. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  /** The number of events refused because of their content, since this object was created. */
  get refused(): number {
    return this.#refused
  }

  /** The number of events that the daemon has acknowledged, since this object was created. */
  get delivered(): number {
    return this.#delivered
  }

  #enqueue(entry: Waiting, lane: string): void {
    const waiting = this.#lanes.get(lane)
    if (waiting) {
      waiting.push(entry)
    } else {
      this.#lanes.set(lane, [entry])
      this.#idleLanes.push(lane)
      this.#startLanes()
    }
  }

  #startLanes(): void {
    // After a failure only one lane retries until a delivery succeeds.
    const limit = this.#failures > 0 ? 1 : MAX_LANES
    while (!this.#stopped && !this.#timer && this.#activeLanes < limit) {
      const lane = this.#idleLanes.shift()
      if (lane === undefined) return
      this.#activeLanes++
      void this.#drainLane(lane).finally(() => {
        this.#activeLanes--
        this.#startLanes()
      })
    }
  }

  async #drainLane(lane: string): Promise<void> {
    const waiting = this.#lanes.get(lane) as Waiting[]
    try {
      while (waiting.length > 0 && !this.#stopped) {
        const next = waiting[0] as Waiting
        const delivery = await this.#deliver(next)
        if (delivery === 'daemon_down') this.#idleLanes.push(lane)
        else if (delivery !== 'done') this.#retryLane(lane, delivery.afterMs)
        if (delivery !== 'done') return
        await this.#dependencies.inbox.done(next.id)
        waiting.shift()
      }
      if (waiting.length === 0) this.#lanes.delete(lane)
    } catch (error) {
      this.#stopped = true
      this.#dependencies.onDiskError(error)
    }
  }

  /** Archives an entry that cannot be converted; after {@link RetryLater} only if it was the last attempt. */
  async #onConversionError(id: string, entry: InboxEntry, error: unknown): Promise<Delivery> {
    if (error instanceof DiskError) throw error
    const tries = (this.#conversionTries.get(id) ?? 0) + 1
    this.#conversionTries.set(id, tries)
    if (error instanceof RetryLater && tries < MAX_TRIES) {
      const afterMs = backOff(tries, Math.random())
      this.#dependencies.log.warn(
        'WA_IN_DELAYED',
        `Inbox entry ${id}, a WhatsApp message, cannot be converted for the daemon yet: ${reason(error)}; retrying ` +
          `in ${Math.round(afterMs / 1000)} s`,
        { id },
      )
      return { afterMs }
    }
    this.#conversionTries.delete(id)
    await this.#dependencies.archive(id, entry, reason(error))
    this.#dependencies.log.error(
      'WA_IN_UNREADABLE',
      `Inbox entry ${id}, a WhatsApp message, cannot be converted for the daemon: ${reason(error)}; it is not ` +
        'delivered, and is archived in the folder "refused"',
      { id },
    )
    return 'done'
  }

  #retryLane(lane: string, afterMs: number): void {
    setTimeout(() => {
      this.#idleLanes.push(lane)
      this.#startLanes()
    }, afterMs).unref()
  }

  /** Returns `done` if no further attempt is needed, also for an entry that was archived or deleted. */
  async #deliver({ id, since }: Waiting): Promise<Delivery> {
    const entry = await this.#dependencies.inbox.read(id)
    if (!entry) return 'done'
    const events = this.#dependencies.toEvents(id, entry)[Symbol.asyncIterator]()
    for (;;) {
      let next: IteratorResult<WireEvent>
      try {
        next = await events.next()
      } catch (error) {
        return this.#onConversionError(id, entry, error)
      }
      if (next.done) {
        this.#conversionTries.delete(id)
        return 'done'
      }
      const event = performance.now() - since > WAITED_MS ? waited(next.value) : next.value
      const result = await this.#dependencies.daemon.deliver(event)
      if (result.kind === 'accepted') {
        this.#succeed()
      } else if (result.kind === 'refused') {
        this.#refused++
        await this.#dependencies.archive(id, { event }, `the daemon answered ${result.status}`)
        this.#dependencies.log.error(
          'WA_IN_REFUSED',
          `The daemon refused an event of inbox entry ${id} with HTTP ${result.status}; the event is archived in the ` +
            'folder "refused"',
          {
            id,
          },
        )
      } else {
        this.#fail(result.why, result.status)
        return 'daemon_down'
      }
    }
  }

  #succeed(): void {
    this.#delivered++
    if (this.#failures === 0) return
    this.#failures = 0
    if (this.#hasWarned) this.#dependencies.log.info('DAEMON_UP', 'The daemon accepts events again')
    this.#hasWarned = false
    this.#startLanes()
  }

  #fail(why: string, status: number | undefined): void {
    this.#failures++
    const hint = status === 401 || status === 403 ? '; set the same BAILEYS_WEBHOOK_SECRET on both sides' : ''
    const afterMs = backOff(this.#failures, Math.random(), MAX_PAUSE_MS)
    const isDue = performance.now() - this.#warnedAt > WARNING_INTERVAL_MS
    if (isDue) {
      this.#warnedAt = performance.now()
      this.#hasWarned = true
      const waiting = this.#dependencies.inbox.length
      this.#dependencies.log.warn(
        'DAEMON_DOWN',
        `The daemon accepts no events: ${reason(why)}${hint}; ${waiting} inbox entries wait, and the bridge retries`,
        {
          waiting,
          retry_in_ms: afterMs,
        },
      )
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#startLanes()
    }, afterMs)
  }
}

/** Marks a message event as delayed, unless it is part of the history. */
function waited(event: WireEvent): WireEvent {
  return event.event === 'message' && !event.history ? { ...event, waited: true } : event
}

interface Waiting {
  readonly id: string
  /** When the entry arrived, by `performance.now()`; `-Infinity` for an entry from before the start. */
  readonly since: number
}

type Delivery = 'done' | 'daemon_down' | { readonly afterMs: number }

const MAX_LANES = 4
/** A message counts as delayed if the bridge sends it to the daemon later than this after its arrival, in ms. */
const WAITED_MS = 2_000
/** The maximum number of conversion attempts: about 50 minutes with the back-off. */
const MAX_TRIES = 18
/** The limit of the pause after a failed delivery, before its jitter, in ms. */
const MAX_PAUSE_MS = 30_000
/** The minimum interval between two warnings that the daemon does not accept events, in ms. */
const WARNING_INTERVAL_MS = 60_000
