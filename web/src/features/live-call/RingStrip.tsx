import { Trans } from '@lingui/react/macro'
import { IconHeadset, IconPhoneIncoming, IconPhoneOff, IconPhoneOutgoing } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import { answeringQuery } from '#shared/answering/useAnswering'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import type { PageRing } from '#shared/api/page-rings'
import { useRingtone } from '#shared/audio/ringtone'
import { Icon } from '#shared/components/Icon'
import { Plain } from '#shared/components/text'

/** A caller asks for a person: the call rings until a user answers, or until no user can. */
export function RingStrip({ ring: { call_id: id, reason }, caller }: { ring: PageRing; caller: ReactNode }) {
  const [, go] = useLocation()
  const cache = useQueryClient()
  const canRing = useQuery(answeringQuery).data?.can_ring
  useRingtone()
  const isOver = ({ code }: { code: string }) => code === 'not_ringing' || code === 'call_over' || code === 'no_agent'
  const onDone = () => void cache.invalidateQueries({ queryKey: ['/api/page-rings'] })
  const path = { params: { path: { id } } }
  const decline = useAction({
    run: () => unwrap(client.POST('/api/calls/{id}/decline', path)),
    onDone,
    onError: isOver,
  })
  const transfer = useAction({
    run: () => unwrap(client.POST('/api/calls/{id}/transfer', path)),
    onDone,
    onError: isOver,
  })
  const answer = async () => {
    // The page of the call shows whether the user is connected.
    go(`/app/calls/${id}`)
    const answered = await import('#shared/audio/call/answered-call')
    answered.answer(id)
  }
  return (
    <div className="strip ring" role="alert">
      <Icon icon={IconPhoneIncoming} />
      <span className="grow">
        <Trans>{caller} רוצה לדבר עם אדם</Trans>
        {reason !== '' && (
          <span className="ring-reason">
            {' · '}
            <Plain text={reason} />
          </span>
        )}
      </span>
      <button className="btn ring-answer" type="button" onClick={() => void answer()}>
        <Icon icon={IconHeadset} />
        <Trans>לענות כאן</Trans>
      </button>
      {canRing && (
        <button className="btn" type="button" disabled={transfer.isPending} onClick={() => transfer.mutate()}>
          <Icon icon={IconPhoneOutgoing} />
          <span className="word">
            <Trans>לענות בטלפון</Trans>
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
