import { Trans } from '@lingui/react/macro'
import type { Schemas } from '#shared/api/client'
import { appointmentHref, isAhead } from '#shared/appointment'
import { Link } from '#shared/components/Link'
import { Price } from '#shared/components/Price'
import { Dot, Ltr, Name, Plain } from '#shared/components/text'
import { useFormat } from '#shared/session'
import type { Appointment, Merged, Task } from './api'
import { UndoMerge } from './UndoMerge'

export function MoveEntry({ appointment, moved }: { appointment: Appointment; moved: Schemas['AppointmentMove'] }) {
  const format = useFormat()
  const when = (at: string) => `${format.longDate(at)}, ${format.time(at)}`
  return (
    <p>
      <Trans>
        התור הוזז מ{when(moved.from)} ל<b>{when(moved.to)}</b>
      </Trans>
      <span className="muted">
        <Dot />
        <bdi>{appointment.service_name}</bdi>
      </span>{' '}
      <Link className="small" href={appointmentHref(appointment, format)}>
        <Trans>ביומן</Trans>
      </Link>
    </p>
  )
}

interface AppointmentProps {
  appointment: Appointment
  isCancelled: boolean
  /** The time for which the appointment was booked, if it was moved. */
  bookedFor: string | undefined
}

/** An appointment appears when it was booked, and again when it was moved or cancelled. */
export function AppointmentEntry({ appointment, isCancelled, bookedFor }: AppointmentProps) {
  const format = useFormat()
  const { service_name, resource_name, starts_at, ends_at, state, price_minor, cancel_reason } = appointment
  return (
    <p>
      {isCancelled && <Trans>התור בוטל:</Trans>} <b>{service_name ? <bdi>{service_name}</bdi> : <Trans>תור</Trans>}</b>
      <Dot />
      {format.longDate(bookedFor ?? starts_at)},{' '}
      {bookedFor ? format.time(bookedFor) : <Ltr>{format.range(starts_at, ends_at)}</Ltr>}
      <span className="muted">
        {resource_name && (
          <>
            <Dot />
            <bdi>{resource_name}</bdi>
          </>
        )}
        {price_minor != null && (
          <>
            <Dot />
            <Price minor={price_minor} />
          </>
        )}
        {isCancelled && cancel_reason && (
          <>
            <Dot />
            <Plain text={cancel_reason} />
          </>
        )}
        {bookedFor && (
          <>
            <Dot />
            <Trans>הוזז אחר כך</Trans>
          </>
        )}
        {!isCancelled && state === 'cancelled' && (
          <>
            <Dot />
            <Trans>בוטל אחר כך</Trans>
          </>
        )}
        {state === 'no_show' && (
          <>
            <Dot />
            <Trans>לא הגיעו</Trans>
          </>
        )}
      </span>{' '}
      <Link className="small" href={appointmentHref(appointment, format)}>
        {isAhead(appointment) ? <Trans>הזזה</Trans> : <Trans>ביומן</Trans>}
      </Link>
    </p>
  )
}

/** A task appears when it was created, and again when it was completed. */
export function TaskEntry({ task, isDone }: { task: Task; isDone: boolean }) {
  return (
    <p className={task.done_at ? 'task-done' : undefined}>
      <b>{isDone ? <Trans>משימה שבוצעה</Trans> : <Trans>משימה</Trans>}</b> <Plain text={task.title} />
    </p>
  )
}

export function MergeEntry({ merge }: { merge: Merged }) {
  return (
    <p className="row wrap">
      <span>
        <Trans>
          אוחד עם <Name name={merge.contact_name} />
        </Trans>
      </span>
      <UndoMerge merge={merge} />
    </p>
  )
}
