import { Trans, useLingui } from '@lingui/react/macro'
import { useEffect, useRef, useState } from 'react'
import { serverNow } from '#shared/format/clock'
import { atNoon, clockText, type Day, wallTime } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import { DayColumn } from './DayColumn'
import { DayHead } from './DayHead'
import { type CalendarDay, useClosures } from './data'
import { HOUR_PX, type Lane, type Lanes, opening, shownHours } from './layout'
import type { Shown } from './url'
import { useEdges } from './useEdges'

export interface ViewProps {
  days: readonly CalendarDay[]
  lanes: readonly Lane[]
  slots: ReadonlyMap<Day, Lanes>
  shown: Shown
  change: (change: Record<string, string | number | null>) => void
}

/**
 * In pixels. If the view includes today, an hour before the current time, to show the coming appointments; otherwise
 * the opening hour, before which there may be an appointment.
 */
function scrollAtOpening(columns: readonly CalendarDay[], now: { day: Day; minute: number }, first: number): number {
  const hasToday = columns.some(({ date }) => date === now.day)
  const opens = columns.flatMap(opening).map(([from]) => from)
  const shown = hasToday ? now.minute - 60 : opens.length > 0 ? Math.min(...opens) : first
  return Math.max(0, ((shown - first) / 60) * HOUR_PX)
}

export function Grid({ days, lanes, slots, shown, change }: ViewProps) {
  const { t } = useLingui()
  const format = useFormat()
  const columns = shown.view === 'day' ? days.filter(({ date }) => date === shown.day) : days
  const closures = useClosures(columns)
  const [first, last] = shownHours(columns, slots)
  const isEmpty = ({ date, open }: CalendarDay) => open.length === 0 && !slots.get(date)?.size
  const isShut = (day: CalendarDay) => isEmpty(day) && columns.length > 1
  const template = columns.map(day => (isShut(day) ? '58px' : 'minmax(var(--day), 1fr)')).join(' ')
  const scroller = useRef<HTMLElement>(null)
  const edges = useEdges(scroller)
  const [top] = useState(() => scrollAtOpening(columns, wallTime(serverNow(), format.zone), first))
  useEffect(() => {
    if (scroller.current) scroller.current.scrollTop = top
  }, [top])
  const [begin, end] = [columns[0]?.date ?? shown.day, columns.at(-1)?.date ?? shown.day]
  // biome-ignore lint/correctness/useExhaustiveDependencies: on a change of the week or the width
  useEffect(() => {
    const today = scroller.current?.querySelector('.day-head.today')
    today?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  }, [begin, shown.isWaitingOpen])
  return (
    <div
      className="grid-frame"
      data-before={edges.before || undefined}
      data-after={edges.after || undefined}
      style={{ '--lanes': Math.max(1, lanes.length) } as React.CSSProperties}
    >
      <section
        ref={scroller}
        className="grid-scroll"
        // A scrolling region takes the focus, so that the arrow keys scroll it.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
        tabIndex={0}
        aria-label={
          begin === end
            ? format.longDate(atNoon(begin))
            : t`${format.longDate(atNoon(begin))} עד ${format.longDate(atNoon(end))}`
        }
      >
        <div className="cols heads" style={{ gridTemplateColumns: `var(--hours) ${template}` }}>
          <div />
          {columns.map(day => (
            <DayHead key={day.date} day={day} lanes={lanes} isShut={isEmpty(day)} shown={shown} change={change} />
          ))}
        </div>
        <div
          className="cols hours-body"
          style={{ gridTemplateColumns: `var(--hours) ${template}`, blockSize: ((last - first) / 60) * HOUR_PX }}
        >
          <div className="hours" aria-hidden>
            {Array.from({ length: (last - first) / 60 }, (_, at) => (
              <bdi dir="ltr" className="num" key={clockText(first + at * 60)} style={{ insetBlockStart: at * HOUR_PX }}>
                {clockText(first + at * 60)}
              </bdi>
            ))}
          </div>
          {columns.map(day => (
            <DayColumn
              key={day.date}
              day={day}
              lanes={lanes}
              closures={closures}
              slots={slots.get(day.date)}
              first={first}
              last={last}
              isShut={isShut(day)}
              shown={shown}
              change={change}
            />
          ))}
        </div>
        {lanes.length === 0 && (
          <p className="muted lanes-none">
            <Trans>אין עובדים או עמדות ביומן. מוסיפים אותם בהגדרות.</Trans>
          </p>
        )}
      </section>
    </div>
  )
}
