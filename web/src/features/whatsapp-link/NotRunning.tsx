import { Trans, useLingui } from '@lingui/react/macro'
import { IconCopy } from '@tabler/icons-react'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { toast } from '#shared/components/toasts'
import { useSession } from '#shared/session'

const COMMAND = 'sudo systemctl restart agentlocator-whatsapp'

export function NotRunning({ retry }: { retry: () => void }) {
  const { t } = useLingui()
  const { isOwner } = useSession()
  const copy = () =>
    navigator.clipboard.writeText(COMMAND).then(
      () => toast.done(t`הפקודה הועתקה`),
      () => undefined,
    )
  return (
    <section className="section">
      <h2>
        <Trans>מה עושים</Trans>
      </h2>
      <ol className="link-steps">
        <li>
          <Trans>מחכים דקה. המכונה מפעילה את החיבור מחדש לבד, והדף הזה מתעדכן.</Trans>
        </li>
        <li>
          <Trans>אם הוא לא חזר, מכבים את המכונה ומדליקים אותה. שיחות לא נענות בזמן הזה.</Trans>
        </li>
        <li>
          <Trans>מי שמטפל במכונה יכול להפעיל רק את החיבור:</Trans>
          <span className="row wrap">
            <code dir="ltr">{COMMAND}</code>
            {window.isSecureContext && (
              <button className="btn quiet" type="button" onClick={() => void copy()}>
                <Icon icon={IconCopy} size="s" />
                <Trans>העתקה</Trans>
              </button>
            )}
          </span>
        </li>
      </ol>
      <p className="muted">
        <Trans>בינתיים: הודעות שכתבתם נשמרות ויישלחו כשהחיבור יחזור, והודעות של לקוחות מחכות בטלפון.</Trans>
      </p>
      <div className="row wrap">
        <button className="btn pen" type="button" onClick={retry}>
          <Trans>לבדוק עכשיו</Trans>
        </button>
        {isOwner && (
          <Link className="btn" href="/app/settings/health">
            <Trans>לבדיקת המערכת</Trans>
          </Link>
        )}
      </div>
    </section>
  )
}
