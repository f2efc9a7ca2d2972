import { Trans } from '@lingui/react/macro'
import { Link } from '#shared/components/Link'
import { Dot, Ltr, Name, Plain } from '#shared/components/text'
import { serverNow } from '#shared/format/clock'
import { useFormat } from '#shared/session'
import type { Appointment, Merged, Task } from './api'
import { UndoMerge } from './UndoMerge'

export function AppointmentEntry({ appointment }: { appointment: Appointment }) {
  const format = useFormat()
  const { id, service_name, resource_name, starts_at, ends_at, state, price_minor } = appointment
  const isAhead = state === 'booked' && new Date(starts_at) > serverNow()
  return (
    <p>
      <b>{service_name ? <bdi>{service_name}</bdi> : <Trans>תור</Trans>}</b>{' '}
      <span className="muted">
        {resource_name && (
          <>
            <bdi>{resource_name}</bdi>
            <Dot />
          </>
        )}
        <Ltr>{format.range(starts_at, ends_at)}</Ltr>
        {price_minor != null && (
          <>
            <Dot />
            {format.money(price_minor)}
          </>
        )}
        {state === 'cancelled' && (
          <>
            <Dot />
            <Trans>בוטל</Trans>
          </>
        )}
        {state === 'no_show' && (
          <>
            <Dot />
            <Trans>לא הגיעו</Trans>
          </>
        )}
      </span>{' '}
      <Link className="small" href={`/calendar?date=${format.day(starts_at)}&appointment=${id}`}>
        {isAhead ? <Trans>הזזה</Trans> : <Trans>ביומן</Trans>}
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
