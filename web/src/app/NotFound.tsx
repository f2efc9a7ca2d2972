import { Trans } from '@lingui/react/macro'
import { Link } from '#shared/components/Link'
import { EmptyState } from '#shared/components/states'
import { home } from './registry'

/** The page for a URL that no route matches. */
export function NotFound() {
  return (
    <main className="page">
      <EmptyState
        heading="h1"
        title={<Trans>אין כאן דף</Trans>}
        action={
          <Link className="btn" href={home()}>
            <Trans>להתחלה</Trans>
          </Link>
        }
      >
        <Trans>ייתכן שהקישור ישן, או שהדבר נמחק.</Trans>
      </EmptyState>
    </main>
  )
}
