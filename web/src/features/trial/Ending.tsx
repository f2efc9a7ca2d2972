import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle } from '@tabler/icons-react'
import { Problem } from '#shared/components/Problem'
import { Ltr } from '#shared/components/text'
import type { EndedMessage } from './protocol'

export function Ending({ ended }: { ended: EndedMessage }) {
  if (ended.reason === 'engine_failed') {
    return (
      <div role="alert">
        <Problem icon={IconAlertTriangle} title={<Trans>הסוכן לא ענה</Trans>}>
          <Trans>בשיחה אמיתית היינו מבקשים מהמתקשר להשאיר הודעה. בדקו את מפתח ה־AI ואת החשבון אצל הספק.</Trans>
          {ended.detail && (
            <p className="small faint">
              <Ltr>{ended.detail}</Ltr>
            </p>
          )}
        </Problem>
      </div>
    )
  }
  return (
    <p className="trial-state" role="status">
      <Reason reason={ended.reason} />
    </p>
  )
}

function Reason({ reason }: { reason: string }) {
  switch (reason) {
    case 'caller_hung_up':
    case 'unanswered':
      return <Trans>סיימתם את השיחה</Trans>
    case 'agent_hung_up':
      return <Trans>הסוכן נפרד וסיים את השיחה</Trans>
    case 'idle':
      return <Trans>השיחה הסתיימה, כי לא נאמר דבר</Trans>
    case 'too_long':
      return <Trans>השיחה הגיעה לאורך המרבי</Trans>
    case 'logged_out':
      return <Trans>השיחה הסתיימה, כי יצאתם מהחשבון</Trans>
    case 'shutdown':
      return <Trans>המכונה מופעלת מחדש. נסו שוב בעוד דקה</Trans>
    case 'limit_reached':
      return <Trans>הגעתם למגבלת השימוש בסוכן</Trans>
    case 'no_engine':
      return <Trans>עוד אין סוכן שעונה</Trans>
    default:
      return <Trans>השיחה הסתיימה</Trans>
  }
}
