import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { useSearch } from 'wouter'
import { Link } from '#shared/components/Link'
import { TrialCallPanel } from './TrialCallPanel'

export default function TryPage() {
  const { t } = useLingui()
  useDocumentTitle(t`דברו עם הסוכן`)
  const isSetup = new URLSearchParams(useSearch()).get('from') === 'setup'
  return (
    <main className="page narrow">
      <h1>
        <Trans>דברו עם הסוכן</Trans>
      </h1>
      <p className="muted">
        <Trans>זה מה שהלקוחות ישמעו. דברו רגיל, אפשר גם להיכנס לו לדברים.</Trans>
      </p>
      <TrialCallPanel />
      {isSetup && (
        <p>
          <Link className="btn" href="/app/setup/agent">
            <Trans>חזרה להקמה</Trans>
          </Link>
        </p>
      )}
    </main>
  )
}
