import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import { AlertText } from '#shared/components/AlertText'
import { Link } from '#shared/components/Link'
import { Problem } from '#shared/components/Problem'
import { useLocale } from '#shared/i18n/locale'

export const alerts = apiQuery('/api/alerts')

export function Problems() {
  const locale = useLocale()
  const { data } = useQuery(alerts)
  const open = data?.items.filter(({ state, muted }) => state === 'raised' && !muted) ?? []
  if (open.length === 0) return null
  return (
    <section className="problems today-problems">
      {open.slice(0, 2).map(alert => (
        <Problem
          key={alert.kind}
          icon={IconAlertTriangle}
          title={alert.headline[locale]}
          action={
            <Link className="btn" href="/app/problems">
              <Trans>לטיפול</Trans>
            </Link>
          }
        >
          <AlertText text={alert.detail[locale] || alert.remedy[locale]} />
        </Problem>
      ))}
      {open.length > 2 && (
        <Link className="btn link" href="/app/problems">
          <Trans>לכל התקלות ({open.length})</Trans>
        </Link>
      )}
    </section>
  )
}
