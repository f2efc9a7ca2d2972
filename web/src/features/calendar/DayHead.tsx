import { Trans, useLingui } from '@lingui/react/macro'
import { Dot, Hidden } from '#shared/components/text'
import { atNoon } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import type { CalendarDay } from './data'
import { HolidayName } from './HolidayName'
import type { Lane } from './layout'
import { ResourceName } from './ResourceName'
import type { Shown } from './url'

interface Props {
  day: CalendarDay
  lanes: readonly Lane[]
  isShut: boolean
  shown: Shown
  change: (change: Record<string, string | number | null>) => void
}

export function DayHead({ day, lanes, isShut, shown, change }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const noon = atNoon(day.date)
  const isToday = day.date === shown.today
  return (
    <div className={`day-head${isToday ? ' today' : ''}${isShut ? ' shut' : ''}`}>
      <button
        type="button"
        className="day-name"
        aria-current={isToday ? 'date' : undefined}
        onClick={() => change({ view: 'day', date: day.date })}
      >
        <b>{format.narrowWeekday(noon)}</b>
        <span className="dn num">{Number(day.date.slice(8))}</span>
        {!isShut && <span className="faint small">{format.hebrewDay(noon)}</span>}
        <Hidden>{t`${format.longDate(noon)}, לתצוגת יום`}</Hidden>
      </button>
      {day.holiday && <HolidayName holiday={day.holiday} className="holiday" />}
      {!isShut && lanes.length > 1 && (
        <div className="lanes-head" aria-hidden>
          {lanes.map(resource => (
            <span key={resource.id} className="name clip" title={resource.name ?? undefined}>
              <ResourceName resource={resource} />
              {!resource.isActive && (
                <>
                  <Dot />
                  <Trans>הוסר</Trans>
                </>
              )}
            </span>
          ))}
        </div>
      )}
    </div>
  )
}
