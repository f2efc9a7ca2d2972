import { Trans } from '@lingui/react/macro'
import { useCallback } from 'react'
import { useFetchAgain } from '../api/aging'
import type { Schemas } from '../api/client'
import { apiQuery, queryClient } from '../api/query'
import { appointmentHref } from '../appointment'
import { useFormat } from '../session'
import { Link } from './Link'
import { Price } from './Price'
import { Dot, Ltr, Time } from './text'

type Appointment = Schemas['Appointment']

interface Props {
  contact: Schemas['ContactDetail']
  /** Whether there is a button to book an appointment, also a further one. */
  canBook?: boolean
}

/** The contact's next appointment, or the one that takes place now, for a card of the contact. */
export function NextAppointment({ contact: { id, next_appointment: next }, canBook = false }: Props) {
  const format = useFormat()
  // After the end of the appointment, the contact has another next one, or none.
  const refetch = useCallback(
    () => queryClient.invalidateQueries({ queryKey: apiQuery('/api/contacts/{id}', { path: { id } }).queryKey }),
    [id],
  )
  useFetchAgain(next ? [next.ends_at] : undefined, refetch)
  return (
    <section className="next-appointment">
      <h2>
        <Trans>התור הבא</Trans>
      </h2>
      {next ? (
        <NextLine next={next} />
      ) : (
        <p className="muted">
          <Trans>אין תור קרוב</Trans>
        </p>
      )}
      {(next || canBook) && (
        <div className="row">
          <Link className="btn" href={next ? appointmentHref(next, format) : `/calendar?new=1&contact=${id}`}>
            {next ? <Trans>פתיחת התור</Trans> : <Trans>קביעת תור</Trans>}
          </Link>
          {next && canBook && (
            <Link className="btn quiet" href={`/calendar?new=1&contact=${id}`}>
              <Trans>קביעת תור נוסף</Trans>
            </Link>
          )}
        </div>
      )}
    </section>
  )
}

function NextLine({ next }: { next: Appointment }) {
  const format = useFormat()
  return (
    <p>
      <b>
        <Time at={next.starts_at} style="long" /> <Ltr>{format.range(next.starts_at, next.ends_at)}</Ltr>
      </b>
      <br />
      <span className="muted">
        <bdi>{next.service_name}</bdi>
        {next.resource_name && (
          <>
            <Dot />
            <bdi>{next.resource_name}</bdi>
          </>
        )}
        {next.price_minor != null && (
          <>
            <Dot />
            <Price minor={next.price_minor} />
          </>
        )}
      </span>
    </p>
  )
}
