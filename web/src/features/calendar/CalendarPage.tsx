import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle, useMediaQuery } from '@mantine/hooks'
import { useMemo, useState } from 'react'
import { useCloseInUrl } from '#shared/close-in-url'
import { ErrorState, SkeletonRows } from '#shared/components/states'
import { deferred } from '#shared/deferred'
import { useShortcuts } from '#shared/keys'
import { useFormat } from '#shared/session'
import { AgendaView } from './AgendaView'
import { AppointmentDialog } from './AppointmentDialog'
import './calendar.css'
import { addDays, weekOf } from '#shared/format/dates'
import { CalendarHead } from './CalendarHead'
import { useAppointments, useDays, useGaps, useResources } from './data'
import { Grid } from './Grid'
import { lanesOf, slotsByDay } from './layout'
import { NewAppointment } from './NewAppointment'
import { useShown } from './url'
import { WaitingList } from './WaitingList'

const JumpToDate = deferred(async () => (await import('./JumpToDate')).JumpToDate)

export default function CalendarPage() {
  const { t } = useLingui()
  useDocumentTitle(t`יומן`)
  const format = useFormat()
  const [shown, change] = useShown()
  const close = useCloseInUrl(change)
  const isPhone = useMediaQuery('(max-width: 767px)', undefined, { getInitialValueInEffect: false }) ?? false
  const week = useMemo(() => weekOf(shown.day), [shown.day])
  const [first, last] = [week[0] ?? shown.day, week[6] ?? shown.day]
  const days = useDays(first, last)
  const resources = useResources()
  const free = useGaps(first, isPhone)
  const { appointments, error, refetch } = useAppointments(first, last)
  const slots = useMemo(() => slotsByDay(appointments ?? [], format.zone), [appointments, format.zone])
  const step = shown.view === 'day' || isPhone ? 1 : 7
  const move = (count: number) => change({ date: addDays(shown.day, count * step), appointment: null })
  const [isJumping, setJumping] = useState(false)
  useShortcuts([
    { code: 'KeyM', run: () => setJumping(true) },
    { code: 'KeyJ', run: () => move(1) },
    { code: 'KeyK', run: () => move(-1) },
    { code: 'KeyT', run: () => change({ date: null }) },
    { code: 'KeyN', run: () => change({ new: 1 }) },
    { code: 'KeyD', run: () => change({ view: 'day' }) },
    { code: 'KeyW', run: () => change({ view: null }) },
  ])
  const everyLane = lanesOf(resources.data?.items ?? [], appointments ?? [])
  const lanes = everyLane.filter(({ id }) => shown.resource === null || id === shown.resource)
  const failed = days.error ?? resources.error ?? error
  const ready = days.data && resources.data && appointments
  const selected = shown.open === null ? undefined : appointments?.find(({ id }) => id === shown.open)
  const view = { days: days.data?.days ?? [], lanes, slots, shown, change }
  return (
    <main className="cal">
      <CalendarHead shown={shown} change={change} move={move} resources={everyLane} jump={() => setJumping(true)} />
      <div className={shown.isWaitingOpen ? 'cal-body with-waiting' : 'cal-body'}>
        <div className="cal-view">
          {ready ? (
            isPhone ? (
              <AgendaView {...view} free={free} />
            ) : (
              <Grid {...view} />
            )
          ) : failed ? (
            <ErrorState
              error={failed}
              title={<Trans>היומן לא נטען. התורים שמורים</Trans>}
              retry={() => void Promise.all([days.refetch(), resources.refetch(), refetch()])}
            />
          ) : (
            <SkeletonRows count={10} height={69} />
          )}
        </div>
        {shown.isWaitingOpen && <WaitingList change={change} />}
      </div>
      {shown.open !== null && appointments && (
        <AppointmentDialog id={shown.open} known={selected} close={() => close({ appointment: null })} />
      )}
      {isJumping && (
        <JumpToDate
          day={shown.day}
          today={shown.today}
          go={day => {
            setJumping(false)
            change({ date: day === shown.today ? null : day, appointment: null })
          }}
          onClose={() => setJumping(false)}
        />
      )}
      {shown.isNew && (
        <NewAppointment
          shown={shown}
          close={day =>
            close({
              new: null,
              contact: null,
              at: null,
              lane: null,
              waiter: null,
              ...(day && { date: day === shown.today ? null : day }),
            })
          }
        />
      )}
    </main>
  )
}
