import { Trans } from '@lingui/react/macro'
import { IconPlugConnected } from '@tabler/icons-react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { Icon } from '#shared/components/Icon'
import { useLocale } from '#shared/i18n/locale'
import { Findings } from './Findings'

/** A button that lets the daemon verify saved settings by using them. */
export function CheckButton({ check }: { check: Schemas['SettingsCheck'] }) {
  const locale = useLocale()
  const run = useAction({
    run: () =>
      unwrap(
        client.POST('/api/checks', { params: { header: { 'Accept-Language': locale } }, body: { check, values: {} } }),
      ),
  })
  return (
    <div className="check-now">
      <button className="btn" type="button" disabled={run.isPending} onClick={() => run.mutate()}>
        <Icon icon={IconPlugConnected} size="s" />
        {run.isPending ? <Trans>בודק…</Trans> : <Trans>בדיקה</Trans>}
      </button>
      <div role="status">{run.data && <Findings findings={run.data.findings} />}</div>
    </div>
  )
}
