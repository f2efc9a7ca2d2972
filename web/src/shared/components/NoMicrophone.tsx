import { Trans } from '@lingui/react/macro'
import { IconMicrophoneOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { MicrophoneProblem } from '../audio/microphone'
import { Problem } from './Problem'

interface Props {
  problem: MicrophoneProblem
  /** The advice for a page on an insecure origin, and for a device without a microphone. */
  insecure: ReactNode
  missing: ReactNode
  action?: ReactNode
}

export function NoMicrophone({ problem, insecure, missing, action }: Props) {
  const texts: Record<MicrophoneProblem, { title: ReactNode; help: ReactNode }> = {
    insecure: { title: <Trans>הדפדפן לא נותן מיקרופון, כי הכתובת מתחילה ב־http</Trans>, help: insecure },
    denied: {
      title: <Trans>הדפדפן לא קיבל רשות להשתמש במיקרופון</Trans>,
      help: <Trans>מאשרים אותו בסמל שליד כתובת הדף, ומנסים שוב.</Trans>,
    },
    missing: { title: <Trans>לא נמצא מיקרופון</Trans>, help: missing },
  }
  return (
    <Problem icon={IconMicrophoneOff} level="plain" title={texts[problem].title} action={action}>
      {texts[problem].help}
    </Problem>
  )
}
