import { Trans } from '@lingui/react/macro'
import { IconPencil } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Price } from '#shared/components/Price'
import { Dot, Ltr, Phone, Plain } from '#shared/components/text'
import { useFormat } from '#shared/session'
import type { Appointment } from './data'
import { ResourceName } from './ResourceName'

/** What is known about an appointment, and its state if it is not booked. */
export function AppointmentFacts({ appointment }: { appointment: Appointment }) {
  const format = useFormat()
  const { state, starts_at, ends_at, cancel_reason } = appointment
  return (
    <>
      <p className="muted">
        <bdi>{appointment.service_name}</bdi>
        <Dot />
        <ResourceName resource={{ name: appointment.resource_name }} />
        {appointment.price_minor != null && (
          <>
            <Dot />
            <Price minor={appointment.price_minor} />
          </>
        )}
      </p>
      <dl className="kv">
        <dt>
          <Trans>מתי</Trans>
        </dt>
        <dd>
          {format.longDate(starts_at)}, <Ltr>{format.range(starts_at, ends_at)}</Ltr>
        </dd>
        {appointment.contact_number && (
          <>
            <dt>
              <Trans>טלפון</Trans>
            </dt>
            <dd>
              <a href={`tel:${appointment.contact_number}`}>
                <Phone number={appointment.contact_number} />
              </a>
            </dd>
          </>
        )}
        <dt>
          <Trans>נקבע</Trans>
        </dt>
        <dd>
          <BookedBy appointment={appointment} />
          <Dot />
          {format.date(appointment.created_at)}
        </dd>
        {appointment.note && (
          <>
            <dt>
              <Trans>הערה</Trans>
            </dt>
            <dd>
              <Plain text={appointment.note} />
            </dd>
          </>
        )}
        {cancel_reason && (
          <>
            <dt>
              <Trans>סיבת הביטול</Trans>
            </dt>
            <dd>
              <Plain text={cancel_reason} />
            </dd>
          </>
        )}
      </dl>
      {state === 'cancelled' && (
        <p className="chip live">
          <Trans>בוטל</Trans>
        </p>
      )}
      {state === 'no_show' && (
        <p className="chip warn">
          <Trans>לא הגיע</Trans>
        </p>
      )}
      {state === 'done' && (
        <p className="chip ok">
          <Trans>התקיים</Trans>
        </p>
      )}
    </>
  )
}

function BookedBy({ appointment: { source, call_id } }: { appointment: Appointment }) {
  if (source !== 'agent') return <Trans>מהדף הזה</Trans>
  return (
    <>
      <Icon icon={IconPencil} size="s" /> <Trans>הסוכן</Trans>
      {call_id != null && (
        <>
          ,{' '}
          <Link href={`/app/calls/${call_id}`}>
            <Trans>בשיחה</Trans>
          </Link>
        </>
      )}
    </>
  )
}
