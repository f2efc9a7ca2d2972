import { Trans } from '@lingui/react/macro'
import { IconDatabaseExclamation } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Schemas } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { useLocale } from '#shared/i18n/locale'

/** Alerts that mean that new data may not be stored. */
const KINDS: readonly Schemas['AlertKind'][] = ['database_unwritable', 'disk_low']

export function DiskStrip() {
  const locale = useLocale()
  const { data } = useQuery(apiQuery('/api/alerts'))
  const alert = KINDS.flatMap(
    kind => data?.items.find(one => one.kind === kind && one.state === 'raised' && !one.muted) ?? [],
  )[0]
  if (!alert) return null
  return (
    <div className="strip part" role="status">
      <Icon icon={IconDatabaseExclamation} />
      <span className="grow clip">{alert.headline[locale]}</span>
      <Link className="btn" href="/app/problems">
        <Trans>מה לעשות</Trans>
      </Link>
    </div>
  )
}
