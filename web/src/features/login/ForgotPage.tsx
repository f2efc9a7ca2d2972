import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { GatePage } from '#shared/components/GatePage'
import { Link } from '#shared/components/Link'

/** The daemon sends no e-mail for a new password. */
export default function ForgotPage() {
  const { t } = useLingui()
  useDocumentTitle(t`שכחתי סיסמה`)
  return (
    <GatePage isWide>
      <div>
        <h1>
          <Trans>שכחתי סיסמה</Trans>
        </h1>
        <p className="lead">
          <Trans>בעלי העסק יכולים לתת סיסמה חדשה. על המכונה עצמה מריצים:</Trans>
        </p>
      </div>
      <pre dir="ltr">agentlocator user reset-password NAME</pre>
      <Link className="btn big" href="/login">
        <Trans>חזרה לכניסה</Trans>
      </Link>
    </GatePage>
  )
}
