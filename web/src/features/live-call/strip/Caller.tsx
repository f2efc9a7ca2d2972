import { Trans } from '@lingui/react/macro'
import type { Schemas } from '#shared/api/client'
import { useCallClock } from '#shared/call-clock'
import { Name } from '#shared/components/text'
import { isPhone } from '#shared/format/phone'
import { duration } from '#shared/format/time'

interface Props {
  call: Schemas['CallItem']
}

export function Caller({ call: { contact_name, peer_number } }: Props) {
  const isKnown = contact_name || isPhone(peer_number)
  return isKnown ? <Name name={contact_name} number={peer_number} /> : <Trans>מספר חסוי</Trans>
}

export function Elapsed({ call }: Props) {
  const elapsed = useCallClock(call)
  // Hidden from screen readers, because the text changes every second.
  return (
    <bdi dir="ltr" aria-hidden>
      {duration(elapsed)}
    </bdi>
  )
}
