import { Trans } from '@lingui/react/macro'
import { IconCalendarSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, useState } from 'react'
import { asApiError } from '#shared/api/errors'
import { apiQuery } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Ltr } from '#shared/components/text'
import { deferred } from '#shared/deferred'
import { serverNow } from '#shared/format/clock'
import { addDays, atNoon, type Day, laterDay } from '#shared/format/dates'
import { moveFocus } from '#shared/keys'
import { useFormat } from '#shared/session'
import type { ChosenSlot } from './chosen-time'
import { useServices } from './data'
import { ServiceArchived } from './ServiceArchived'
import { slotStep } from './slot-step'

// The view of a month has more code than the rest of the form.
const ChooseDay = deferred(async () => (await import('./ChooseDay')).ChooseDay, <SkeletonRows count={5} height={64} />)

interface Props {
  service: number
  /** The chosen resource; null for any resource that provides the service. */
  resource: number | null
  /** The first of the days that are shown. */
  first: Day
  /** Shows the days from this one. */
  show: (first: Day) => void
  value: ChosenSlot | null
  /** The id of the appointment that is being moved: its own time counts as free. */
  moving?: number
  choose: (slot: ChosenSlot) => void
}

/** The number of days on one page. */
const DAYS = 7

function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  const forward = document.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight'
  const back = document.dir === 'rtl' ? 'ArrowRight' : 'ArrowLeft'
  moveFocus(event, '.slots', '.slot', { ArrowDown: 1, [forward]: 1, ArrowUp: -1, [back]: -1 })
}

/** Tab goes from day to day, the arrow keys from time to time. */
export function SlotPicker({ service, resource, first, show, value, moving, choose }: Props) {
  const format = useFormat()
  const today = format.day(serverNow())
  const [isJumping, setJumping] = useState(false)
  const services = useServices()
  const query = useQuery({
    ...apiQuery('/api/free-slots', {
      query: {
        service_id: service,
        from: first,
        days: DAYS,
        step_min: slotStep(services.data?.items.find(({ id }) => id === service)),
        ...(resource !== null && { resource_id: resource }),
        ...(moving !== undefined && { moving }),
      },
    }),
    enabled: !services.isPending,
  })
  if (query.error && asApiError(query.error).code === 'service_archived') return <ServiceArchived service={service} />
  return (
    <div className="slot-picker">
      <div className="row">
        <span className="grow muted">
          <Trans>שבוע מ{format.longDate(atNoon(first))}</Trans>
        </span>
        <button className="btn" type="button" aria-expanded={isJumping} onClick={() => setJumping(!isJumping)}>
          <Icon icon={IconCalendarSearch} size="s" />
          <Trans>מעבר לתאריך</Trans>
        </button>
      </div>
      {isJumping && (
        <ChooseDay
          day={first}
          today={today}
          go={day => {
            setJumping(false)
            show(day)
          }}
        />
      )}
      <div className="slots">
        <Loaded
          query={query}
          skeleton={<SkeletonRows count={3} height={64} />}
          title={<Trans>השעות הפנויות לא נטענו</Trans>}
        >
          {({ slots }) => {
            // Several resources may be free at the same time, but each time has one button. The chosen time may lie
            // between the offered ones, so it is added.
            const chosen = value ? format.day(value.starts_at) : ''
            const offered = value && chosen >= first && chosen < addDays(first, DAYS) ? [...slots, value] : slots
            const byTime = new Map(offered.map(slot => [slot.starts_at, slot]).reverse() as [string, ChosenSlot][])
            const days = new Map<Day, ChosenSlot[]>()
            for (const slot of [...byTime.values()].sort((a, b) => a.starts_at.localeCompare(b.starts_at))) {
              const day = format.day(slot.starts_at)
              days.set(day, [...(days.get(day) ?? []), slot])
            }
            return days.size === 0 ? (
              <p className="muted">
                <Trans>אין שעה פנויה בשבוע שמתחיל ב־{format.date(atNoon(first))}.</Trans>
              </p>
            ) : (
              [...days].map(([day, free]) => (
                <fieldset key={day} className="slot-day">
                  <legend>
                    {format.longDate(atNoon(day))}{' '}
                    <span className="faint">{format.hebrewDayAndMonth(atNoon(day))}</span>
                  </legend>
                  {free.map((slot, at) => (
                    <button
                      key={slot.starts_at}
                      type="button"
                      className="slot"
                      aria-pressed={value?.starts_at === slot.starts_at}
                      // Tab stops once for each day and at the chosen time, because a week may have a hundred times.
                      tabIndex={at === 0 || value?.starts_at === slot.starts_at ? 0 : -1}
                      onKeyDown={moveByArrows}
                      onClick={() => choose(slot)}
                    >
                      <Ltr>{format.time(slot.starts_at)}</Ltr>
                    </button>
                  ))}
                </fieldset>
              ))
            )
          }}
        </Loaded>
        <div className="row">
          {first > today && (
            <button className="btn quiet" type="button" onClick={() => show(laterDay(addDays(first, -DAYS), today))}>
              <Trans>השבוע שלפני</Trans>
            </button>
          )}
          <button className="btn quiet" type="button" onClick={() => show(addDays(first, DAYS))}>
            <Trans>השבוע שאחרי</Trans>
          </button>
        </div>
      </div>
    </div>
  )
}
