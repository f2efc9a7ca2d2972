import { Trans } from '@lingui/react/macro'
import { Dot } from '#shared/components/text'
import { useFormat } from '#shared/session'
import type { Appointment } from './data'

export function AppointmentWords({ appointment }: { appointment: Appointment }) {
  const format = useFormat()
  const { starts_at, resource_name, state } = appointment
  return (
    <span className="strong">
      {`${format.longDate(starts_at)}, ${format.time(starts_at)}`}
      {resource_name && (
        <>
          <Dot />
          <bdi>{resource_name}</bdi>
        </>
      )}
      {state !== 'booked' && (
        <>
          <Dot />
          {state === 'cancelled' ? (
            <Trans>בוטל</Trans>
          ) : state === 'no_show' ? (
            <Trans>לא הגיע</Trans>
          ) : (
            <Trans>התקיים</Trans>
          )}
        </>
      )}
    </span>
  )
}
