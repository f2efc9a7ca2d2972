import { Trans } from '@lingui/react/macro'
import { IconHeadphones, IconHeadphonesOff } from '@tabler/icons-react'
import { useTalkingCall } from '#shared/audio/call/answer-state'
import { listen, stopListening, useIsHeard } from '#shared/audio/listening'
import { Icon } from './Icon'

/** Renders nothing while the user talks with a caller, who would hear the other call. */
export function ListenButton({ callId, isBig }: { callId: number; isBig?: boolean }) {
  const isHeard = useIsHeard(callId)
  const isTalking = useTalkingCall() !== null
  if (isTalking) return null
  return (
    <button
      className={isBig ? 'btn big' : 'btn'}
      type="button"
      onClick={() => (isHeard ? stopListening() : listen(callId))}
    >
      <Icon icon={isHeard ? IconHeadphonesOff : IconHeadphones} />
      <span className="word">{isHeard ? <Trans>הפסקת ההאזנה</Trans> : <Trans>האזנה</Trans>}</span>
    </button>
  )
}
