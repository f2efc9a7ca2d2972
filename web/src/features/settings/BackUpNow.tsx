import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle, IconDatabaseExport } from '@tabler/icons-react'
import { useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { queryClient } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Problem } from '#shared/components/Problem'
import { Ltr, Time } from '#shared/components/text'
import { useLocale } from '#shared/i18n/locale'
import { backupsQuery } from './backups-query'

/** The event stream reports the end of the backup. */
export function BackUpNow({ running }: { running: Schemas['BackupsResponse']['running'] }) {
  const backups = backupsQuery(useLocale())
  const [space, setSpace] = useState<{ needed: string; free: string }>()
  const start = useAction({
    run: () => unwrap(client.POST('/api/backups')),
    onDone: made => {
      setSpace(undefined)
      queryClient.setQueryData(backups.queryKey, known => known && { ...known, running: made })
    },
    onError: ({ code, params }) => {
      if (code === 'no_space') setSpace({ needed: params.needed_mb ?? '', free: params.free_mb ?? '' })
      // Another backup is in progress: the list shows it.
      if (code === 'backup_running') void queryClient.invalidateQueries({ queryKey: backups.queryKey })
      return code === 'no_space' || code === 'backup_running'
    },
  })
  const isBusy = start.isPending || Boolean(running)
  return (
    <div className="check-now">
      <button className="btn" type="button" disabled={isBusy} onClick={() => start.mutate()}>
        <Icon icon={IconDatabaseExport} size="s" />
        {isBusy ? <Trans>מגבה…</Trans> : <Trans>לגבות עכשיו</Trans>}
      </button>
      <p className="small muted" role="status">
        {running ? (
          <Trans>
            הגיבוי התחיל ב־
            <Time at={running.started_at} />. הוא נבדק לפני שהוא נשמר, ואפשר להמשיך לעבוד.
          </Trans>
        ) : (
          <Trans>עותק מלא ובדוק של כל הנתונים. השיחות וההודעות נמשכות כרגיל.</Trans>
        )}
      </p>
      {space && (
        <div role="alert">
          <Problem icon={IconAlertTriangle} title={<Trans>אין מספיק מקום בדיסק לגיבוי</Trans>}>
            <Trans>
              צריך <Ltr>{space.needed} MB</Ltr> ויש <Ltr>{space.free} MB</Ltr>. אפשר לקצר את זמן השמירה של הקלטות, או
              לפנות מקום במכונה.
            </Trans>
          </Problem>
        </div>
      )}
    </div>
  )
}
