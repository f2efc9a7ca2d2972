import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import { RemovalRefused } from '#shared/components/RemovalRefused'
import { Dot } from '#shared/components/text'
import type { Appointment } from './data'
import { useRemoveWaiting } from './useRemoveWaiting'
import { WaitingDays } from './WaitingDays'
import { WaitingWords } from './WaitingWords'

/** Shown on a booked appointment if its contact is still on the waiting list for the service. */
export function WaitsStill({ appointment }: { appointment: Appointment }) {
  const { contact_id, state, id } = appointment
  const list = useQuery({
    ...apiQuery('/api/waiting-list', { query: { contact_id } }),
    enabled: state === 'booked',
  })
  const entry = list.data?.items.find(one => one.appointment?.id === id)
  if (!entry || state !== 'booked') return null
  return <Offer entry={entry} />
}

function Offer({ entry }: { entry: Parameters<typeof useRemoveWaiting>[0] }) {
  const remove = useRemoveWaiting(entry)
  return (
    <div className="note">
      <p>
        <Trans>הלקוח עוד ברשימת ההמתנה לשירות הזה</Trans>
        <Dot />
        <WaitingDays entry={entry} />
      </p>
      <button className="btn" type="button" disabled={remove.isPending} onClick={() => remove.mutate()}>
        <Trans>להסיר מרשימת ההמתנה</Trans>
      </button>
      <RemovalRefused
        edit={remove.edit}
        show={theirs => <WaitingWords entry={theirs} />}
        remove={() => remove.mutate()}
      />
    </div>
  )
}
