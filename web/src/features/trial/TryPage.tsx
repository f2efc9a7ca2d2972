import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { TrialCallPanel } from './TrialCallPanel'

/** Talk to the agent as a caller would. */
export default function TryPage() {
  const { t } = useLingui()
  useDocumentTitle(t`דברו עם הסוכן`)
  return (
    <main className="page narrow">
      <h1>
        <Trans>דברו עם הסוכן</Trans>
      </h1>
      <p className="muted">
        <Trans>זה מה שהלקוחות ישמעו. דברו רגיל, אפשר גם להיכנס לו לדברים.</Trans>
      </p>
      <TrialCallPanel />
    </main>
  )
}
