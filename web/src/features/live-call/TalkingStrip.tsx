import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import type { Schemas } from '#shared/api/client'
import { useAnsweredCall } from '#shared/audio/call/answer-state'
import { Link } from '#shared/components/Link'
import { TalkButtons } from '#shared/components/TalkButtons'
import { Dot } from '#shared/components/text'
import { Caller, Elapsed } from './strip/Caller'

interface Props {
  call: Schemas['CallItem']
  /** Says how many other calls are live. */
  others: ReactNode
}

/** The call in which the user talks, with the microphone's button, on the pages of other things. */
export function TalkingStrip({ call, others }: Props) {
  const { status, isMuted } = useAnsweredCall(call.id)
  const caller = <Caller call={call} />
  return (
    <div className="strip call" role="status">
      <span className="onair" />
      <span className="grow clip">
        {status === 'connecting' ? <Trans>מחברים אתכם אל {caller}</Trans> : <Trans>אתם על הקו עם {caller}</Trans>}{' '}
        <Elapsed call={call} />
        {isMuted && (
          <>
            <Dot />
            <Trans>המיקרופון מושתק</Trans>
          </>
        )}
        {others}
      </span>
      <TalkButtons callId={call.id} />
      <Link className="btn" href={`/app/calls/${call.id}`}>
        <Trans>לשיחה</Trans>
      </Link>
    </div>
  )
}
