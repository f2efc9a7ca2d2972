import { Trans } from '@lingui/react/macro'
import {
  IconArrowMerge,
  IconCalendarCheck,
  IconCalendarRepeat,
  IconCalendarX,
  IconCheckbox,
  IconNote,
} from '@tabler/icons-react'
import type { Schemas } from '#shared/api/client'
import { appointmentHref } from '#shared/appointment'
import { ContactChangeWords } from '#shared/components/ContactChangeWords'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { NoteAuthor } from '#shared/components/NoteAuthor'
import { Dot, Ltr, Name, Plain, Time } from '#shared/components/text'
import { CHANGE_ICONS } from '#shared/contact-change'
import { useFormat } from '#shared/session'
import type { Appointment, Note, Task, TimelineItem } from '../api'

export function Line({ item, isFound }: { item: TimelineItem; isFound: boolean }) {
  if (item.note) return <NoteLine note={item.note} isFound={isFound} />
  if (item.task) return <TaskLine task={item.task} isDone={item.kind === 'task_done'} />
  if (item.appointment && item.moved && item.kind === 'appointment_moved') {
    return <MoveLine appointment={item.appointment} moved={item.moved} />
  }
  if (item.appointment) {
    return (
      <AppointmentLine
        appointment={item.appointment}
        isCancelled={item.kind === 'appointment_cancelled'}
        bookedFor={item.moved?.from}
      />
    )
  }
  if (item.change) {
    return (
      <p className="event">
        <Icon icon={CHANGE_ICONS[item.change.kind]} />
        <span>
          <ContactChangeWords change={item.change} />
        </span>
        <Time at={item.at} className="small faint" />
      </p>
    )
  }
  if (item.merge) {
    return (
      <p className="event">
        <Icon icon={IconArrowMerge} />
        <span>
          <Trans>
            אוחד עם <Name name={item.merge.contact_name} />
          </Trans>
        </span>
        <Time at={item.at} className="small faint" />
      </p>
    )
  }
  return null
}

function NoteLine({ note, isFound }: { note: Note; isFound: boolean }) {
  if (note.deleted_at) return null
  return (
    <div className={isFound ? 'event note-line found' : 'event note-line'}>
      <Icon icon={IconNote} />
      <div className="grow">
        <Plain as="p" className="note" text={note.text} />
        <p className="small faint">
          <NoteAuthor note={note} />
          <Dot />
          <Time at={note.created_at} />
        </p>
      </div>
    </div>
  )
}

/** A task appears in the timeline when it was created, and again when it was completed. */
function TaskLine({ task, isDone }: { task: Task; isDone: boolean }) {
  return (
    <p className={task.source === 'agent' ? 'event ai' : 'event'}>
      <Icon icon={IconCheckbox} />
      <span>
        {isDone ? <Trans>משימה שבוצעה:</Trans> : <Trans>משימה:</Trans>} <Plain text={task.title} />
      </span>
      <Time at={(isDone && task.done_at) || task.created_at} className="small faint" />
    </p>
  )
}

function MoveLine({ appointment, moved }: { appointment: Appointment; moved: Schemas['AppointmentMove'] }) {
  const format = useFormat()
  const when = (at: string) => `${format.weekday(at)} ${format.date(at)}, ${format.time(at)}`
  return (
    <p className="event">
      <Icon icon={IconCalendarRepeat} />
      <span>
        <Trans>
          התור הוזז מ{when(moved.from)} ל
          <Link href={appointmentHref(appointment, format)}>
            <b>{when(moved.to)}</b>
          </Link>
        </Trans>
        <Dot />
        <bdi>{appointment.service_name}</bdi>
      </span>
    </p>
  )
}

interface AppointmentProps {
  appointment: Appointment
  isCancelled: boolean
  /** The time for which the appointment was booked, if it was moved. */
  bookedFor: string | undefined
}

/** An appointment appears in the timeline when it was booked, and again when it was moved or cancelled. */
function AppointmentLine({ appointment, isCancelled, bookedFor }: AppointmentProps) {
  const format = useFormat()
  const { state, source, starts_at: from, ends_at: to, cancel_reason } = appointment
  const isAgent = source === 'agent' && !isCancelled
  const at = bookedFor ?? from
  const day = `${format.weekday(at)} ${format.date(at)}`
  return (
    <p className={isAgent ? 'event ai' : 'event'}>
      <Icon icon={isCancelled ? IconCalendarX : IconCalendarCheck} />
      <span>
        {isCancelled ? <Trans>התור בוטל</Trans> : isAgent ? <Trans>הסוכן קבע</Trans> : <Trans>נקבע תור</Trans>}{' '}
        <Link href={appointmentHref(appointment, format)}>
          <b>
            {day}, {bookedFor ? format.time(bookedFor) : <Ltr>{format.range(from, to)}</Ltr>}
          </b>
        </Link>
        <Dot />
        <bdi>{appointment.service_name}</bdi>
        {appointment.resource_name && (
          <>
            <Dot />
            <bdi>{appointment.resource_name}</bdi>
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
      </span>
    </p>
  )
}
