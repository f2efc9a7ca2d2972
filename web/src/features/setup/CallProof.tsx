import { Trans, useLingui } from '@lingui/react/macro'
import { IconPhoneIncoming } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { apiQuery } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Name, Plain } from '#shared/components/text'

/** Waits for a call, and shows its words as they are said. */
export function CallProof({ children }: { children: ReactNode }) {
  const { data } = useQuery(apiQuery('/api/calls', { query: { limit: 1 } }))
  const newest = data?.calls[0]
  // The newest call when the step was opened; only a later one proves anything.
  const [before, setBefore] = useState<number | null>()
  if (data && before === undefined) setBefore(newest?.id ?? null)
  const call = newest && before !== undefined && newest.id !== before ? newest : undefined
  return (
    <div className="wizard-call">
      <p role="status" className={call ? 'link-state ok' : 'link-state'}>
        <Icon icon={IconPhoneIncoming} />
        {call ? (
          <span>
            {call.ended_at ? <Trans>השיחה הגיעה:</Trans> : <Trans>מצלצל עכשיו:</Trans>}{' '}
            <Name name={call.contact_name} number={call.peer_number} />
          </span>
        ) : (
          <span>{children}</span>
        )}
      </p>
      {call && <Words id={call.id} />}
    </div>
  )
}

function Words({ id }: { id: number }) {
  const { t } = useLingui()
  const { data } = useQuery(apiQuery('/api/calls/{id}', { path: { id } }))
  return (
    <>
      <div role="log" aria-label={t`מה שנאמר`}>
        {data?.turns.map(turn => (
          <p key={turn.id}>
            <b>{turn.speaker === 'agent' ? <Trans>הסוכן</Trans> : <Trans>אתם</Trans>}</b> <Plain text={turn.text} />
          </p>
        ))}
      </div>
      <Link className="btn" href={`/app/calls/${id}`}>
        <Trans>לדף השיחה</Trans>
      </Link>
    </>
  )
}
