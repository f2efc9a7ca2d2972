import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { IconHistory, IconLockOpen } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Problem } from '#shared/components/Problem'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { AlertLine } from './AlertLine'

export default function ProblemsPage() {
  const { t } = useLingui()
  useDocumentTitle(t`תקלות`)
  const alerts = useQuery(apiQuery('/api/alerts'))
  return (
    <div className="page-scroll" tabIndex={-1}>
      <main className="page narrow">
        <div className="page-head">
          <h1 className="grow">
            <Trans>תקלות</Trans>
          </h1>
          <Link className="btn quiet" href="/app/problems/history">
            <Icon icon={IconHistory} size="s" />
            <Trans>מה היה</Trans>
          </Link>
        </div>
        <Loaded
          query={alerts}
          skeleton={<SkeletonRows count={3} height={84} />}
          title={<Trans>רשימת התקלות לא נטענה</Trans>}
        >
          {({ items }) => {
            const raised = items.filter(({ state }) => state === 'raised')
            const open = raised.filter(({ muted }) => !muted)
            const muted = raised.filter(({ muted }) => muted)
            return (
              <>
                {open.length > 0 ? (
                  <div className="problems">
                    {open.map(alert => (
                      <AlertLine key={alert.kind} alert={alert} />
                    ))}
                  </div>
                ) : (
                  <EmptyState title={<Trans>הכול תקין</Trans>}>
                    <Trans>כשמשהו ידרוש טיפול, הוא יופיע כאן עם כפתור אחד שפותר אותו.</Trans>
                  </EmptyState>
                )}
                {muted.length > 0 && (
                  <section className="section">
                    <h2>
                      <Trans>מושתקות</Trans>
                    </h2>
                    <div className="problems">
                      {muted.map(alert => (
                        <AlertLine key={alert.kind} alert={alert} />
                      ))}
                    </div>
                  </section>
                )}
              </>
            )
          }}
        </Loaded>
        <BrowserLimits />
      </main>
    </div>
  )
}

function BrowserLimits() {
  if (window.isSecureContext) return null
  return (
    <section className="section">
      <Problem icon={IconLockOpen} level="plain" title={<Trans>הדפדפן מגביל את הדף, כי הכתובת מתחילה ב־http</Trans>}>
        <p>
          <Trans>אין הקלטה במיקרופון, אין התראות ואין העתקה בלחיצה. הכול עובד כשפותחים את הדף בכתובת https.</Trans>
        </p>
      </Problem>
    </section>
  )
}
