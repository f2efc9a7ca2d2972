import { Trans } from '@lingui/react/macro'
import { IconHeadset, IconPhoneIncoming, IconPhoneOff, IconPhoneOutgoing } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import { answeringQuery } from '#shared/answering/useAnswering'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import type { PageRing } from '#shared/api/page-rings'
import { useTalkingCall } from '#shared/audio/call/answer-state'
import { answer } from '#shared/audio/call/answered-call'
import { canAskForMicrophone } from '#shared/audio/microphone'
import { useRingtone } from '#shared/audio/ringtone'
import { Icon } from '#shared/components/Icon'
import { Dot, Plain } from '#shared/components/text'
import { useSeconds } from '#shared/format/clock'
import { hasUnsaved } from '#shared/unsaved'

/** How long after its end the ringing is shown, in ms: the daemon usually reports the end before. */
const GRACE_MS = 2_000

interface Props {
  ring: PageRing
  caller: ReactNode
}

/** A caller asks for a person: the call rings until a user answers, or until no user can. */
export function RingStrip({ ring: { call_id: id, reason, until }, caller }: Props) {
  const [, go] = useLocation()
  const cache = useQueryClient()
  const canTransfer = useQuery(answeringQuery).data?.can_ring
  const talking = useTalkingCall()
  // Without a connection, the end is not reported.
  const isOver = useSeconds() > Date.parse(until) + GRACE_MS || talking === id
  useRingtone(!isOver && talking === null)
  const path = { params: { path: { id } } }
  const refresh = () => void cache.invalidateQueries({ queryKey: ['/api/page-rings'] })
  const onError = ({ code }: { code: string }) => {
    refresh()
    return code === 'not_ringing' || code === 'call_over' || code === 'no_agent'
  }
  const decline = useAction({
    run: () => unwrap(client.POST('/api/calls/{id}/decline', path)),
    onDone: refresh,
    onError,
  })
  const transfer = useAction({
    run: () => unwrap(client.POST('/api/calls/{id}/transfer', path)),
    onDone: refresh,
    onError,
  })
  if (isOver) return null
  const onAnswer = () => {
    answer(id)
    // The page of the call has the controls of the conversation. The strip leads to it as well.
    if (!hasUnsaved()) go(`/app/calls/${id}`)
  }
  return (
    <div className="strip ring">
      <Icon icon={IconPhoneIncoming} />
      <span className="grow" role="alert">
        <Trans>{caller} רוצה לדבר עם אדם</Trans>
        {reason !== '' && (
          <span className="ring-reason">
            <Dot />
            <Plain text={reason} />
          </span>
        )}
      </span>
      {talking === null && canAskForMicrophone() && (
        <button className="btn ring-answer" type="button" onClick={onAnswer}>
          <Icon icon={IconHeadset} />
          <Trans>לענות כאן</Trans>
        </button>
      )}
      {canTransfer && (
        <button className="btn" type="button" disabled={transfer.isPending} onClick={() => transfer.mutate()}>
          <Icon icon={IconPhoneOutgoing} />
          <span className="word">
            <Trans>להעביר לטלפון</Trans>
          </span>
        </button>
      )}
      <button className="btn" type="button" disabled={decline.isPending} onClick={() => decline.mutate()}>
        <Icon icon={IconPhoneOff} />
        <span className="word">
          <Trans>לא עכשיו</Trans>
        </span>
      </button>
    </div>
  )
}
