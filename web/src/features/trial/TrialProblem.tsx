import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle, IconLock, IconMicrophoneOff, IconPlugX } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { problemText } from '#shared/api/problem-text'
import type { IconGlyph } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Problem } from '#shared/components/Problem'
import { Ltr } from '#shared/components/text'
import type { CallProblem } from './protocol'

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

function describe({ kind, setting, error }: CallProblem): Description {
  // The section of the settings that contains the setting to change.
  const section = setting?.startsWith('voice.') ? 'phone' : 'agent'
  const toField = (label: ReactNode) => (
    <Link className="btn" href={`/app/settings/${section}${setting ? `?at=${setting}` : ''}`}>
      {label}
    </Link>
  )
  const isKey = setting === 'openai.api_key'
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
        title: isKey ? <Trans>חסר מפתח AI</Trans> : <Trans>הסוכן לא עונה עכשיו</Trans>,
        text: isKey ? (
          <Trans>בלי מפתח הסוכן לא עונה, ומתקשרים משאירים הודעה.</Trans>
        ) : setting ? (
          <Trans>הוא כבוי בהגדרות, ומתקשרים משאירים הודעה.</Trans>
        ) : (
          <Trans>הוא כבוי, או שחסרה לו הגדרה. בעלי העסק יכולים לתקן את זה.</Trans>
        ),
        action: setting && toField(isKey ? <Trans>להוסיף מפתח</Trans> : <Trans>להגדרה</Trans>),
      }
    case 'limit_reached':
      return {
        icon: IconAlertTriangle,
        title: <Trans>הגעתם למגבלת השימוש בסוכן</Trans>,
        text: <Trans>שיחת ניסיון נספרת כמו שיחה רגילה. חכו שתסתיים שיחה או שיתחיל יום חדש, או הגדילו את המגבלה.</Trans>,
        action: toField(<Trans>למגבלה</Trans>),
      }
    case 'unreachable':
      return {
        icon: IconPlugX,
        title: <Trans>אין חיבור למכונה</Trans>,
        text: <Trans>השיחה נותקה. בדקו את הרשת, ונסו שוב.</Trans>,
      }
    case 'refused':
      return {
        icon: IconAlertTriangle,
        title: <Trans>השיחה לא התחילה</Trans>,
        text: error && problemText(error),
      }
  }
}
