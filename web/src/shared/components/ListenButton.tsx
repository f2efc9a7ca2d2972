import { Trans } from '@lingui/react/macro'
import { IconHeadphones, IconHeadphonesOff } from '@tabler/icons-react'
import { listen, stopListening, useIsHeard } from '#shared/audio/listening'
import { Icon } from './Icon'

export function ListenButton({ callId, isBig }: { callId: number; isBig?: boolean }) {
  const isHeard = useIsHeard(callId)
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
