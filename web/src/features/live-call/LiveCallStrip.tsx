import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import { apiQuery } from '#shared/api/query'
import { useCallClock } from '#shared/call-clock'
import { Link } from '#shared/components/Link'
import { ListenButton } from '#shared/components/ListenButton'
import { Name } from '#shared/components/text'
import { duration } from '#shared/format/time'
import { type Call, liveCalls } from './live'

/** A call is live for minutes, so it is among the newest. */
const NEWEST = 20

/** The calls that are on the line at this moment, above every page. */
export function LiveCallStrip() {
  const { data } = useQuery(apiQuery('/api/calls', { query: { limit: NEWEST } }))
  const [path] = useLocation()
  // A call's own page shows it already.
  const [call, ...others] = liveCalls(data?.calls ?? []).filter(({ id }) => path !== `/app/calls/${id}`)
  if (!call) return null
  return (
    <div className="strip call" role="status">
      <span className="onair" />
      <span className="grow clip">
        <Trans>
          <Name number={call.peer_number} /> על הקו
        </Trans>{' '}
        <Elapsed call={call} />
        {others.length > 0 && (
          <>
            {' · '}
            <Trans>ועוד {others.length}</Trans>
          </>
        )}
      </span>
      <ListenButton callId={call.id} />
      <Link className="btn" href={`/app/calls/${call.id}`}>
        <Trans>לשיחה</Trans>
      </Link>
    </div>
  )
}

function Elapsed({ call }: { call: Call }) {
  const elapsed = useCallClock(call)
  // Outside of what a screen reader announces: it changes each second.
  return (
    <bdi dir="ltr" aria-hidden>
      {duration(elapsed)}
    </bdi>
  )
}
