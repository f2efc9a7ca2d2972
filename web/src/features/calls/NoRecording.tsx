import { Trans } from '@lingui/react/macro'
import { IconMicrophoneOff } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import type { CallDetail } from './api'

/** Explains why a call has no recording. */
export function NoRecording({ call }: { call: CallDetail }) {
  return (
    <div className="rec none">
      <Icon icon={IconMicrophoneOff} />
      <p>
        <Reason call={call} />
      </p>
    </div>
  )
}

function Reason({ call }: { call: CallDetail }) {
  const state = call.recordings.at(-1)?.state
  if (state === 'pruned') return <Trans>ההקלטה נמחקה, כי עבר זמן השמירה שנקבע. התמלול נשמר.</Trans>
  if (state === 'waiting') return <Trans>ההקלטה עוד בדרך מ־Twilio. היא תופיע כאן לבד.</Trans>
  if (state === 'running') return <Trans>ההקלטה נסגרת עכשיו. היא תופיע כאן בעוד רגע.</Trans>
  if (state === 'failed') return <Trans>ההקלטה לא הגיעה מ־Twilio. התמלול נשמר.</Trans>
  if (!call.answered_at && call.turns.length === 0) return <Trans>השיחה לא נענתה, ולכן אין מה לשמוע.</Trans>
  return <Trans>השיחה לא הוקלטה: ההקלטה כבויה בהגדרות, או שהשיחה נגמרה לפני שהתחילה.</Trans>
}
