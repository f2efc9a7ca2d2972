import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle, IconLock, IconMicrophoneOff, IconPlugX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { IconGlyph } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Problem } from '#shared/components/Problem'
import { Ltr } from '#shared/components/text'
import type { CallProblem } from './protocol'

/** Why there is no call, and what to do. */
export function TrialProblem({ problem }: { problem: CallProblem }) {
  const { icon, title, text, action } = describe(problem)
  return (
    <div role="alert">
      <Problem icon={icon} title={title} action={action} level={problem.kind === 'insecure' ? 'plain' : 'warn'}>
        {text}
      </Problem>
    </div>
  )
}

interface Description {
  icon: IconGlyph
  title: ReactNode
  text: ReactNode
  action?: ReactNode
}

function describe({ kind, setting }: CallProblem): Description {
  const toSettings = (
    <Link className="btn" href="/app/settings">
      <Trans>להגדרות</Trans>
    </Link>
  )
  const inSetting = setting && <Ltr>{setting}</Ltr>
  switch (kind) {
    case 'insecure':
      return {
        icon: IconLock,
        title: <Trans>הדפדפן לא נותן מיקרופון, כי הכתובת מתחילה ב־http</Trans>,
        text: (
          <Trans>
            פתחו את הדף בכתובת שמתחילה ב־<Ltr>https</Ltr>. בינתיים אפשר לשמוע את הסוכן בשיחה מטלפון רגיל.
          </Trans>
        ),
      }
    case 'denied':
      return {
        icon: IconMicrophoneOff,
        title: <Trans>הדפדפן לא קיבל אישור להשתמש במיקרופון</Trans>,
        text: <Trans>לחצו על הסמל שליד הכתובת, אשרו את המיקרופון לאתר הזה, ונסו שוב.</Trans>,
      }
    case 'no_microphone':
      return {
        icon: IconMicrophoneOff,
        title: <Trans>לא נמצא מיקרופון</Trans>,
        text: <Trans>חברו מיקרופון או אוזניות, או פתחו את הדף בטלפון, ונסו שוב.</Trans>,
      }
    case 'microphone_busy':
      return {
        icon: IconMicrophoneOff,
        title: <Trans>המיקרופון לא נפתח</Trans>,
        text: <Trans>ייתכן שתוכנה אחרת משתמשת בו. סגרו אותה, ונסו שוב.</Trans>,
      }
    case 'no_engine':
      return {
        icon: IconPlugX,
        title: <Trans>עוד אין סוכן שעונה</Trans>,
        text: <Trans>חסר מפתח AI או שהסוכן כבוי, ולכן מתקשרים משאירים הודעה. ההגדרה שחסרה: {inSetting}</Trans>,
        action: toSettings,
      }
    case 'limit_reached':
      return {
        icon: IconAlertTriangle,
        title: <Trans>הגעתם למגבלת השימוש בסוכן</Trans>,
        text: (
          <Trans>
            שיחת ניסיון נספרת כמו שיחה רגילה. חכו שתסתיים שיחה או שיתחיל יום חדש, או הגדילו את המגבלה: {inSetting}
          </Trans>
        ),
        action: toSettings,
      }
    case 'unreachable':
      return {
        icon: IconPlugX,
        title: <Trans>אין חיבור למכונה</Trans>,
        text: <Trans>השיחה נותקה. בדקו את הרשת, ונסו שוב.</Trans>,
      }
  }
}
