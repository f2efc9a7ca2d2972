import { Trans, useLingui } from '@lingui/react/macro'
import { type MouseEvent, type PointerEvent, useRef } from 'react'
import { isolate } from '#shared/format/bidi'
import { useNow } from '#shared/format/clock'
import { atNoon, clockText, instantOf, wallTime } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { AppointmentSlot } from './AppointmentSlot'
import type { CalendarDay, Closure } from './data'
import { awayWithin, closedWithin, HOUR_PX, type Lane, type Lanes, whyAway, whyClosed } from './layout'
import type { Shown } from './url'

interface Props {
  day: CalendarDay
  lanes: readonly Lane[]
  closures: readonly Closure[]
  slots: Lanes | undefined
  /** The first and the last visible minute of the day. */
  first: number
  last: number
  isShut: boolean
  shown: Shown
  change: (change: Record<string, string | number | null>) => void
}

/** A press on an empty area selects the quarter of an hour below the pointer. */
const STEP_MINUTES = 15

/** A pointer that moves farther, in pixels, drags: it does not press. */
const MOVED_PX = 6

/** The shortest absence or closure that has space for its reason, in minutes. */
const NAMED_MINUTES = 45

/** A closed day in a week is narrow, and shows only that it is closed. */
export function DayColumn({ day, lanes, closures, slots, first, last, isShut, shown, change }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const now = wallTime(useNow(), format.zone)
  const label = format.longDate(atNoon(day.date))
  /** Where the pointer went down; null on an appointment. A click can end elsewhere than it began. */
  const down = useRef<{ x: number; y: number }>(null)
  const press = ({ target, clientX: x, clientY: y }: PointerEvent) => {
    down.current = target instanceof Element && target.closest('.ev') ? null : { x, y }
  }
  if (isShut) {
    return (
      <div className="day-col shut" role="group" aria-label={label}>
        <span className="why">
          <Trans>סגור</Trans>
        </span>
      </div>
    )
  }
  const top = (minute: number) => ((minute - first) / 60) * HOUR_PX
  const create = (event: MouseEvent<HTMLElement>, lane: Lane) => {
    const from = down.current
    if (!from || Math.hypot(event.clientX - from.x, event.clientY - from.y) > MOVED_PX) return
    const { y } = event.currentTarget.getBoundingClientRect()
    const exact = first + ((event.clientY - y) / HOUR_PX) * 60
    const minute = Math.floor(exact / STEP_MINUTES) * STEP_MINUTES
    change({ new: 1, at: instantOf(day.date, minute, format.zone) ?? null, lane: lane.id })
  }
  const closedText = (from: number, to: number) => {
    const state = from > first && (to === last ? t`סגור מ־${clockText(from)}` : t`סגור`)
    const reason = whyClosed(closures, day.date, from, to)
    return [state, reason && isolate(reason)].filter(Boolean).join(' · ')
  }
  return (
    <div className="day-col" role="group" aria-label={label}>
      {closedWithin(day, first, last).map(([from, to]) => (
        <span key={from} className="closed" style={{ insetBlockStart: top(from), blockSize: top(to) - top(from) }}>
          {to - from >= NAMED_MINUTES && <em>{closedText(from, to)}</em>}
        </span>
      ))}
      {lanes.map(lane => (
        // Only for the pointer; with the keyboard or a screen reader, use the button in the header or the key N.
        <div
          key={lane.id}
          className="lane"
          onPointerDown={press}
          onClick={event => lane.isActive && create(event, lane)}
        >
          {awayWithin(day, lane.id).map(([from, to]) => (
            <span
              key={from}
              className="closed away"
              style={{ insetBlockStart: top(from), blockSize: top(to) - top(from) }}
            >
              {to - from >= NAMED_MINUTES && <em>{whyAway(day, lane.id) || <Trans>סגור</Trans>}</em>}
            </span>
          ))}
          {(slots?.get(lane.id) ?? []).map(slot => (
            <AppointmentSlot
              key={slot.appointment.id}
              slot={slot}
              top={top(slot.from)}
              height={top(slot.to) - top(slot.from)}
              isSelected={slot.appointment.id === shown.open}
              open={() => change({ appointment: slot.appointment.id })}
            />
          ))}
        </div>
      ))}
      {now.day === day.date && now.minute >= first && now.minute <= last && (
        <span className="now-line" style={{ insetBlockStart: top(now.minute) }} />
      )}
    </div>
  )
}
