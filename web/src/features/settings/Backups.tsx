import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle, IconCheck, IconClock, IconPlayerPause } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Schemas } from '#shared/api/client'
import { Icon } from '#shared/components/Icon'
import { Problem } from '#shared/components/Problem'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Time } from '#shared/components/text'
import { useLocale } from '#shared/i18n/locale'
import { useTarget } from '#shared/target'
import { BackUpNow } from './BackUpNow'
import { backupsQuery } from './backups-query'
import { RestoreGuide } from './RestoreGuide'
import { Snapshots } from './Snapshots'

export function Backups() {
  const query = useQuery(backupsQuery(useLocale()))
  return (
    <section>
      <h2 className="grp" {...useTarget<HTMLHeadingElement>('backups')}>
        <Trans>הגיבויים</Trans>
      </h2>
      <Loaded
        query={query}
        skeleton={<SkeletonRows count={4} height={56} />}
        title={<Trans>רשימת הגיבויים לא נטענה. הגיבויים עצמם נשמרים כרגיל</Trans>}
      >
        {backups => (
          <>
            <State backups={backups} />
            <BackUpNow running={backups.running} />
            <Snapshots snapshots={backups.snapshots} />
            <RestoreGuide folder={backups.folder} database={backups.database} newest={backups.snapshots[0]?.name} />
          </>
        )}
      </Loaded>
    </section>
  )
}

function State({ backups: { status, last_run, bucket } }: { backups: Schemas['BackupsResponse'] }) {
  if (status === 'off') {
    return (
      <Problem icon={IconPlayerPause} level="warn" title={<Trans>הגיבוי הלילי כבוי</Trans>}>
        <Trans>אם הדיסק יתקלקל, לא יהיה ממה לשחזר. אפשר להפעיל אותו כאן למטה.</Trans>
      </Problem>
    )
  }
  if (status === 'bad') {
    return (
      <Problem icon={IconAlertTriangle} level="bad" title={<Trans>הגיבוי האחרון לא הצליח</Trans>}>
        {last_run.lacks_space ? <Trans>אין מספיק מקום בדיסק.</Trans> : <bdi>{last_run.last_error}</bdi>}{' '}
        {last_run.last_success_at && (
          <Trans>
            הגיבוי התקין האחרון: <Time at={last_run.last_success_at} style="full" />.
          </Trans>
        )}
      </Problem>
    )
  }
  return (
    <>
      <p className={status === 'good' ? 'link-state ok' : 'link-state'}>
        <Icon icon={status === 'good' ? IconCheck : IconClock} />
        {status === 'good' ? <Trans>יש גיבוי תקין ומאומת</Trans> : <Trans>הגיבוי הראשון ייווצר הלילה</Trans>}
      </p>
      {bucket && (
        <p className="src">
          {last_run.bucket_error ? (
            <Trans>
              ההעלאה לאחסון נכשלה: <bdi>{last_run.bucket_error}</bdi>
            </Trans>
          ) : last_run.bucket_success_at ? (
            <Trans>
              העותק באחסון מלא, נבדק <Time at={last_run.bucket_success_at} style="full" />
            </Trans>
          ) : (
            <Trans>העותק באחסון עוד לא נבדק.</Trans>
          )}
        </p>
      )}
    </>
  )
}
