import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { Link } from '#shared/components/Link'
import { Loaded } from '#shared/components/states'
import { type CallDetail, callQuery } from './api'
import { CallHeader } from './CallHeader'
import { CallSkeleton } from './CallSkeleton'
import { EndedCall } from './EndedCall'
import { LiveCall } from './LiveCall'

/** When a live call ends, the view changes in place. */
export function CallView({ id }: { id: number }) {
  const query = useQuery(callQuery(id))
  return (
    <Loaded
      query={query}
      skeleton={<CallSkeleton />}
      title={<Trans>השיחה לא נטענה. היא שמורה</Trans>}
      missing={{
        title: <Trans>השיחה לא נמצאה</Trans>,
        action: (
          <Link className="btn" href="/app/calls">
            <Trans>לכל השיחות</Trans>
          </Link>
        ),
      }}
    >
      {data => {
        const call = data as CallDetail
        if (call.state !== 'ended') return <LiveCall call={call} />
        return (
          <>
            <CallHeader call={call} />
            <EndedCall call={call} />
          </>
        )
      }}
    </Loaded>
  )
}
