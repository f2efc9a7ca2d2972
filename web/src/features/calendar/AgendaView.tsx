import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconPencil, IconPlus } from '@tabler/icons-react'
import { isUnseen } from '#shared/appointment'
import { Icon } from '#shared/components/Icon'
import { Dot, Hidden, Ltr, Name } from '#shared/components/text'
import { useNow } from '#shared/format/clock'
import { atNoon, type Day, minutesBetween } from '#shared/format/dates'
import { useFormat } from '#shared/session'
import type { CalendarDay } from './data'
import type { ViewProps } from './Grid'
import { HolidayName } from './HolidayName'
import { agendaOf, awayWithin, type Gap, hoursOf, type Slot } from './layout'
import { ResourceName } from './ResourceName'

type Line = { start: number; slot: Slot } | { start: number; free: Gap[] }

interface Props extends ViewProps {
  /** The free time of each resource, or the error if it was never loaded. */
  free: { gaps: ReadonlyMap<Day, readonly Gap[]>; error: unknown; refetch: () => unknown }
}

export function AgendaView({ days, lanes, slots, free, shown, change }: Props) {
  const { t } = useLingui()
  const format = useFormat()
  const day = days.find(({ date }) => date === shown.day)
  const shownLanes = new Set(lanes.map(({ id }) => id))
  const ofDay = slots.get(shown.day)
  const agenda = agendaOf(ofDay).filter(({ appointment }) => shownLanes.has(appointment.resource_id))
  const gaps = (free.gaps.get(shown.day) ?? []).filter(({ resource }) => shownLanes.has(resource))
  const lines: Line[] = agenda.map(slot => ({ start: slot.start, slot }))
  for (const start of new Set(gaps.map(gap => gap.start))) {
    lines.push({ start, free: gaps.filter(gap => gap.start === start) })
  }
  lines.sort((a, b) => a.start - b.start || Number('free' in a) - Number('free' in b))
  const noon = atNoon(shown.day)
  return (
    <div className="agenda-view">
      <div className="strip7" role="group" aria-label={t`ימים`}>
        {days.map(({ date }) => {
          const minutes = agendaOf(slots.get(date)).reduce((sum, slot) => sum + slot.minutes, 0)
          return (
            <button
              key={date}
              type="button"
              aria-pressed={date === shown.day}
              className={date === shown.today ? 'tod' : ''}
              onClick={() => change({ date })}
            >
              <span>{format.narrowWeekday(atNoon(date))}</span>
              <b className="num">{Number(date.slice(8))}</b>
              <Hidden>{format.longDate(atNoon(date))}</Hidden>
              <span className="load" style={{ inlineSize: Math.min(24, minutes / 20) }} />
            </button>
          )
        })}
      </div>
      <div className="row agenda-head">
        <h2 className="grow">
          {format.longDate(noon)} <bdi className="faint">{format.hebrewDayAndMonth(noon)}</bdi>
        </h2>
        <span className="small muted">
          <Plural value={agenda.length} _0="אין תורים" one="תור אחד" two="שני תורים" other="# תורים" />
        </span>
      </div>
      {day?.holiday && (
        <p className="agenda-holiday">
          <HolidayName holiday={day.holiday} className="chip" />
        </p>
      )}
      {day && day.open.length === 0 && agenda.length === 0 && (
        <p className="muted agenda-closed">
          <Trans>סגור ביום הזה.</Trans>
        </p>
      )}
      {day && <Away day={day} lanes={lanes} />}
      {free.error ? (
        <p className="row small muted" role="alert">
          <Trans>השעות הפנויות לא נטענו.</Trans>
          <button className="btn quiet" type="button" onClick={() => void free.refetch()}>
            <Trans>לנסות שוב</Trans>
          </button>
        </p>
      ) : null}
      <ol className="ledger agenda">
        {lines.map(line =>
          'slot' in line ? (
            <AgendaSlot
              key={line.slot.appointment.id}
              slot={line.slot}
              lanes={lanes}
              isSelected={line.slot.appointment.id === shown.open}
              open={() => change({ appointment: line.slot.appointment.id })}
            />
          ) : (
            <li key={`free${line.start}`}>
              <span className="at">
                <Ltr>{format.time(new Date(line.start))}</Ltr>
              </span>
              <div className="it">
                <button
                  className="ag free"
                  type="button"
                  onClick={() =>
                    change({
                      new: 1,
                      at: new Date(line.start).toISOString(),
                      lane: line.free.length === 1 ? (line.free[0]?.resource ?? null) : null,
                    })
                  }
                >
                  <span className="grow muted">
                    <Trans>פנוי:</Trans>{' '}
                    {line.free.map(({ resource, minutes }, at) => (
                      <span key={resource}>
                        {at > 0 && ', '}
                        {lanes.length > 1 && (
                          <>
                            <ResourceName resource={lanes.find(({ id }) => id === resource) ?? { name: null }} />
                            <Dot />
                          </>
                        )}
                        <bdi>{format.length(minutes)}</bdi>
                      </span>
                    ))}
                  </span>
                  <span className="book">
                    <Trans>לקבוע</Trans>
                  </span>
                </button>
              </div>
            </li>
          ),
        )}
      </ol>
      <div className="fab">
        <button className="btn pen big round" type="button" onClick={() => change({ new: 1 })}>
          <Icon icon={IconPlus} />
          <Trans>תור חדש</Trans>
        </button>
      </div>
    </div>
  )
}

function Away({ day, lanes }: { day: CalendarDay; lanes: ViewProps['lanes'] }) {
  const away = lanes.filter(({ id }) => awayWithin(day, id).length > 0)
  if (away.length === 0) return null
  return (
    <ul className="agenda-away small muted">
      {away.map(resource => {
        const own = hoursOf(day, resource.id)
        const reason = own?.closures.filter(Boolean).join(', ')
        return (
          <li key={resource.id}>
            <b>
              <ResourceName resource={resource} />
            </b>{' '}
            {own && own.open.length > 0 ? (
              own.open.map(({ from, to }, at) => (
                <span key={from}>
                  {at > 0 && ', '}
                  <Ltr>{`${from}–${to}`}</Ltr>
                </span>
              ))
            ) : (
              <Trans>אין תורים ביום הזה</Trans>
            )}
            {reason && (
              <>
                <Dot />
                <bdi>{reason}</bdi>
              </>
            )}
          </li>
        )
      })}
    </ul>
  )
}

interface SlotProps {
  slot: Slot
  lanes: ViewProps['lanes']
  isSelected: boolean
  open: () => void
}

function AgendaSlot({ slot: { appointment, start, isContinued }, lanes, isSelected, open }: SlotProps) {
  const format = useFormat()
  const { starts_at, ends_at } = appointment
  const unseen = isUnseen(appointment)
  const isPast = new Date(ends_at) < useNow()
  const kind = ['ag', unseen && 'ai', isSelected && 'sel', isPast && 'past', appointment.state === 'no_show' && 'gone']
  return (
    <li>
      <span className="at">
        <Ltr>{format.time(new Date(start))}</Ltr>
      </span>
      <div className="it">
        <button className={kind.filter(Boolean).join(' ')} type="button" onClick={open}>
          <span className="grow">
            <b>
              <Name name={appointment.contact_name} number={appointment.contact_number ?? null} />
            </b>{' '}
            <bdi className="muted">{appointment.service_name}</bdi>
            <br />
            <span className="small muted">
              {lanes.length > 1 && (
                <>
                  <ResourceName resource={{ name: appointment.resource_name }} />
                  <Dot />
                </>
              )}
              {isContinued ? (
                <Trans>מאתמול, עד {format.time(ends_at)}</Trans>
              ) : (
                format.length(minutesBetween(starts_at, ends_at))
              )}
            </span>
          </span>
          {unseen && (
            <span className="chip pencil">
              <Icon icon={IconPencil} size="s" />
              <Trans>קבע הסוכן</Trans>
            </span>
          )}
        </button>
      </div>
    </li>
  )
}
