import { atNoon, clockText, isDay, minuteOf } from '#shared/format/dates'
import type { Turn } from './api'

type ToolUse = NonNullable<Turn['tool']>

export interface ToolFacts {
  name: string
  state: 'running' | 'done' | 'failed'
  service?: string
  /** The day and the time of day of an appointment, in the business's time zone. */
  day?: Date
  time?: string
  /** The words that the tool searched for, or why the caller is transferred. */
  words?: string
  /** The number that the caller has entered with the keys of the phone. */
  keys?: string
}

/** Every value is validated, because a model may pass anything. */
export function factsOf(tool: ToolUse): ToolFacts {
  const given = record(tool.arguments)
  const output = record(tool.output)
  const state = tool.output == null ? 'running' : output.error === undefined ? 'done' : 'failed'
  const result = record(output.booked ?? output.moved_to ?? output.cancelled)
  const start = text(result.start) ?? text(given.new_start) ?? text(given.start)
  const [day = '', time = ''] = start?.split('T') ?? []
  const minute = minuteOf(time.slice(0, 5))
  return {
    name: tool.name,
    state,
    service: text(result.service) ?? text(given.service),
    ...(isDay(day) && minute !== undefined && { day: atNoon(day), time: clockText(minute) }),
    words: text(given.words) ?? text(given.reason),
    keys: text(output.keys),
  }
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
