import { Trans } from '@lingui/react/macro'
import { IconArrowBackUp, IconMicrophone, IconMicrophoneOff } from '@tabler/icons-react'
import { useAnsweredCall } from '#shared/audio/call/answer-state'
import { handBack, setMuted } from '#shared/audio/call/answered-call'
import { Icon } from './Icon'

/** The controls of a conversation between the user and a caller. */
export function TalkButtons({ callId }: { callId: number }) {
  const { isMuted } = useAnsweredCall(callId)
  return (
    <>
      <button className="btn" type="button" aria-pressed={isMuted} onClick={() => setMuted(!isMuted)}>
        <Icon icon={isMuted ? IconMicrophoneOff : IconMicrophone} />
        <span className="word">
          <Trans>השתקה</Trans>
        </span>
      </button>
      <button className="btn" type="button" onClick={handBack}>
        <Icon icon={IconArrowBackUp} />
        <span className="word">
          <Trans>להחזיר לסוכן</Trans>
        </span>
      </button>
    </>
  )
}
