import { Trans } from '@lingui/react/macro'
import { IconAlertCircle } from '@tabler/icons-react'
import { useRef } from 'react'
import { Icon } from '#shared/components/Icon'
import type { MessageItem } from '../api'
import { sideOf } from '../model/rows'

interface Props {
  /** The newest answer of the agent or another user; null if there is none, undefined while it is not known. */
  answer: MessageItem | null | undefined
  isWriting: boolean
}

/** Warns a user who is writing while the agent or another user answers the contact, so that it is not answered twice. */
export function Overtaken({ answer, isWriting }: Props) {
  /** The id of the newest answer when this user began to write; 0 if there was none. */
  const known = useRef<number>(undefined)
  if (!isWriting) known.current = undefined
  else if (answer !== undefined) known.current ??= answer?.id ?? 0
  if (!answer || known.current === undefined || answer.id <= known.current) return null
  return (
    <p className="overtaken small" role="alert">
      <Icon icon={IconAlertCircle} size="s" />
      {sideOf(answer) === 'agent' ? (
        <Trans>הסוכן ענה ללקוח הזה בזמן שכתבתם. כדאי לקרוא את התשובה לפני ששולחים.</Trans>
      ) : (
        <Trans>מישהו מהצוות ענה ללקוח הזה בזמן שכתבתם. כדאי לקרוא את התשובה לפני ששולחים.</Trans>
      )}
    </p>
  )
}
