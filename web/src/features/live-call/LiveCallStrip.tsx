import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import type { Schemas } from '#shared/api/client'
import { usePageRings } from '#shared/api/page-rings'
import { apiQuery } from '#shared/api/query'
import { useTalkingCall } from '#shared/audio/call/answer-state'
import { canListen } from '#shared/call-state'
import { Link } from '#shared/components/Link'
import { ListenButton } from '#shared/components/ListenButton'
import { Dot, Phone } from '#shared/components/text'
import { deferred } from '#shared/deferred'
import { isPhone } from '#shared/format/phone'
import { Caller, Elapsed } from './strip/Caller'

type Call = Schemas['CallItem']

/** The code of both, with that of a conversation in the browser, is not needed to show a page. */
const RingStrip = deferred(async () => (await import('./RingStrip')).RingStrip)
const TalkingStrip = deferred(async () => (await import('./TalkingStrip')).TalkingStrip)

const LIVE: ReadonlySet<Call['state']> = new Set<Call['state']>(['ringing', 'live', 'fallback'])

/** The number of newest calls to fetch. It is enough to contain the live calls, because a call lasts only minutes. */
const NEWEST = 20

/** The call in which the user talks comes first, because its microphone is open; then a call that rings in the page. */
export function LiveCallStrip() {
  const { data } = useQuery(apiQuery('/api/calls', { query: { limit: NEWEST } }))
  const [path] = useLocation()
  const talking = useTalkingCall()
  const live = liveCalls(data?.calls ?? [])
  const rings = usePageRings(live.length > 0)
  const ring = rings.find(({ call_id }) => live.some(({ id }) => id === call_id))
  const ringing = live.find(({ id }) => id === ring?.call_id)
  // The page of a call shows that call already.
  const elsewhere = live.filter(({ id }) => path !== `/app/calls/${id}`)
  const own = elsewhere.find(({ id }) => id === talking)
  const [first, ...others] = own ? [own, ...elsewhere.filter(call => call !== own)] : elsewhere
  const more = others.length > 0 && (
    <>
      <Dot />
      <Trans>ועוד {others.length}</Trans>
    </>
  )
  return (
    <>
      {own && <TalkingStrip call={own} others={more} />}
      {ring && ringing ? (
        <RingStrip key={ring.call_id} ring={ring} caller={<Caller call={ringing} />} />
      ) : (
        first && first !== own && <OnTheLine call={first} others={more} />
      )}
    </>
  )
}

function OnTheLine({ call, others }: { call: Call; others: ReactNode }) {
  return (
    <div className="strip call" role="status">
      <span className="onair" />
      <span className="grow clip">
        {call.direction === 'out' && call.state === 'ringing' ? (
          <Trans>
            מתקשרים אל <Caller call={call} />
          </Trans>
        ) : (
          <>
            <Trans>
              <Caller call={call} /> על הקו
            </Trans>{' '}
            <Elapsed call={call} />
          </>
        )}
        {call.contact_name && isPhone(call.peer_number) && (
          <span className="desk-only">
            <Dot />
            <Phone number={call.peer_number} />
          </span>
        )}
        {others}
      </span>
      {canListen(call) && <ListenButton callId={call.id} />}
      <Link className="btn" href={`/app/calls/${call.id}`}>
        <Trans>לשיחה</Trans>
      </Link>
    </div>
  )
}

function liveCalls(calls: readonly Call[]): Call[] {
  return calls.filter(({ state }) => LIVE.has(state)).sort((a, b) => a.started_at.localeCompare(b.started_at))
}
