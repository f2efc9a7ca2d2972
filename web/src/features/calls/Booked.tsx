import { Trans } from '@lingui/react/macro'
import { IconCalendarCheck, IconCalendarTime, IconCalendarX } from '@tabler/icons-react'
import type { Schemas } from '#shared/api/client'
import { isUnseen } from '#shared/appointment'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Price } from '#shared/components/Price'
import { Dot, Ltr, Plain } from '#shared/components/text'
import { useFormat } from '#shared/session'

type Booking = Schemas['CallBooking']

export function Booked({ bookings }: { bookings: readonly Booking[] }) {
  if (bookings.length === 0) return null
  return (
    <section className="booked">
      <h2>
        <Trans>מה נקבע בשיחה</Trans>
      </h2>
      <ul>
        {bookings.map(booking => (
          <Line key={booking.appointment.id} booking={booking} />
        ))}
      </ul>
    </section>
  )
}

function Line({ booking }: { booking: Booking }) {
  const format = useFormat()
  const { appointment } = booking
  const { id, service_name, resource_name, starts_at, ends_at, state, price_minor, cancel_reason } = appointment
  const icon =
    state === 'cancelled' ? IconCalendarX : booking.moved && !booking.booked ? IconCalendarTime : IconCalendarCheck
  return (
    <li className={isUnseen(appointment) ? 'ai' : undefined}>
      <Icon icon={icon} />
      <div className="grow">
        <p className="strong">
          <Done booking={booking} />: {service_name ? <bdi>{service_name}</bdi> : <Trans>תור</Trans>}
        </p>
        <p className={state === 'cancelled' ? 'muted gone' : undefined}>
          {format.longDate(starts_at)}, <Ltr>{format.range(starts_at, ends_at)}</Ltr>
        </p>
        {(resource_name || price_minor != null) && (
          <p className="small muted">
            {resource_name && <bdi>{resource_name}</bdi>}
            {resource_name && price_minor != null && <Dot />}
            {price_minor != null && <Price minor={price_minor} />}
          </p>
        )}
        <Since booking={booking} />
        {cancel_reason && (
          <p className="small muted">
            <Trans>הסיבה:</Trans> <Plain text={cancel_reason} />
          </p>
        )}
      </div>
      <Link className="btn quiet" href={`/calendar?date=${format.day(starts_at)}&appointment=${id}`}>
        <Trans>ביומן</Trans>
      </Link>
    </li>
  )
}

function Done({ booking: { booked, moved, cancelled } }: { booking: Booking }) {
  if (booked && cancelled) return <Trans>נקבע ובוטל</Trans>
  if (cancelled) return <Trans>בוטל</Trans>
  if (booked) return <Trans>נקבע</Trans>
  if (moved) return <Trans>הוזז</Trans>
  return null
}

function Since({ booking: { cancelled, appointment } }: { booking: Booking }) {
  switch (appointment.state) {
    case 'booked':
      return null
    case 'cancelled':
      if (cancelled) return null
      return (
        <p className="small bad">
          <Trans>בוטל אחרי השיחה</Trans>
        </p>
      )
    case 'done':
      return (
        <p className="small muted">
          <Trans>התקיים</Trans>
        </p>
      )
    case 'no_show':
      return (
        <p className="small bad">
          <Trans>לא הגיעו</Trans>
        </p>
      )
  }
}
