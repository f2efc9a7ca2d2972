import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from 'wouter'
import type { Schemas } from '#shared/api/client'
import { usePageRings } from '#shared/api/page-rings'
import { apiQuery } from '#shared/api/query'
import { useCallClock } from '#shared/call-clock'
import { Link } from '#shared/components/Link'
import { ListenButton } from '#shared/components/ListenButton'
import { Dot, Name, Phone } from '#shared/components/text'
import { deferred } from '#shared/deferred'
import { isPhone } from '#shared/format/phone'
import { duration } from '#shared/format/time'

type Call = Schemas['CallItem']

/** Its code, with that of a conversation in the browser, is not needed to show a page. */
const RingStrip = deferred(async () => (await import('./RingStrip')).RingStrip)

const LIVE: ReadonlySet<Call['state']> = new Set<Call['state']>(['ringing', 'live', 'fallback'])

/** The number of newest calls to fetch. It is enough to contain the live calls, because a call lasts only minutes. */
const NEWEST = 20

export function LiveCallStrip() {
  const { data } = useQuery(apiQuery('/api/calls', { query: { limit: NEWEST } }))
  const [path] = useLocation()
  // The page of a call shows that call already.
  const live = liveCalls(data?.calls ?? [])
  const rings = usePageRings(live.length > 0)
  const ring = rings.find(({ call_id }) => live.some(({ id }) => id === call_id))
  const ringing = live.find(({ id }) => id === ring?.call_id)
  if (ring && ringing) return <RingStrip key={ring.call_id} ring={ring} caller={<Caller call={ringing} />} />
  const [call, ...others] = live.filter(({ id }) => path !== `/app/calls/${id}`)
  if (!call) return null
  return (
    <div className="strip call" role="status">
      <span className="onair" />
      <span className="grow clip">
        <Trans>
          <Caller call={call} /> על הקו
        </Trans>{' '}
        <Elapsed call={call} />
        {call.contact_name && isPhone(call.peer_number) && (
          <span className="desk-only">
            <Dot />
            <Phone number={call.peer_number} />
          </span>
        )}
        {others.length > 0 && (
          <>
            <Dot />
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

function liveCalls(calls: readonly Call[]): Call[] {
  return calls.filter(({ state }) => LIVE.has(state)).sort((a, b) => a.started_at.localeCompare(b.started_at))
}

function Caller({ call: { contact_name, peer_number } }: { call: Call }) {
  const isKnown = contact_name || isPhone(peer_number)
  return isKnown ? <Name name={contact_name} number={peer_number} /> : <Trans>מספר חסוי</Trans>
}

function Elapsed({ call }: { call: Call }) {
  const elapsed = useCallClock(call)
  // Hidden from screen readers, because the text changes every second.
  return (
    <bdi dir="ltr" aria-hidden>
      {duration(elapsed)}
    </bdi>
  )
}
