import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle, IconCheck, IconClock, IconPlayerPause } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { Schemas } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Problem } from '#shared/components/Problem'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Ltr, Time } from '#shared/components/text'
import { useFormat } from '#shared/session'

/** The snapshots of the database, the last result, and how to restore one. */
export function Backups() {
  const query = useQuery(apiQuery('/api/backups'))
  return (
    <>
      <section>
        <h2 className="grp">
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
              <Snapshots snapshots={backups.snapshots} />
            </>
          )}
        </Loaded>
      </section>
      <RestoreGuide />
    </>
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

function Kind({ kind }: { kind: string }) {
  switch (kind) {
    case 'nightly':
      return <Trans>לילי</Trans>
    case 'manual':
      return <Trans>ידני</Trans>
    case 'pre-upgrade':
      return <Trans>לפני עדכון</Trans>
    case 'pre-migration':
      return <Trans>לפני שינוי מבנה</Trans>
    default:
      return <bdi>{kind}</bdi>
  }
}

function Snapshots({ snapshots }: { snapshots: readonly Schemas['Snapshot'][] }) {
  const format = useFormat()
  if (snapshots.length === 0) {
    return (
      <p className="muted">
        <Trans>
          כאן יופיעו עותקים מאומתים של מסד הנתונים. אפשר ליצור אחד עכשיו במכונה:{' '}
          <code dir="ltr">agentlocator snapshots create</code>
        </Trans>
      </p>
    )
  }
  return (
    <ul className="entries">
      {snapshots.map(({ name, kind, created_at, bytes, encrypted }) => (
        <li key={name}>
          <div className="grow">
            <p className="strong">
              <Time at={created_at} style="full" />{' '}
              <span className="chip">
                <Kind kind={kind} />
              </span>
              {encrypted && (
                <span className="chip">
                  <Trans>מוצפן</Trans>
                </span>
              )}
            </p>
            <p className="small muted">
              <Ltr>{name}</Ltr>
            </p>
          </div>
          <span className="muted num">
            <Ltr>{format.bytes(bytes)}</Ltr>
          </span>
        </li>
      ))}
    </ul>
  )
}

function RestoreGuide() {
  return (
    <details className="fold">
      <summary>
        <Trans>איך משחזרים מגיבוי</Trans>
      </summary>
      <ol className="steps">
        <li>
          <span>
            <Trans>
              במכונה, רואים אילו גיבויים יש ושהם תקינים: <code dir="ltr">agentlocator snapshots list</code> ואז{' '}
              <code dir="ltr">agentlocator snapshots verify</code>
            </Trans>
          </span>
        </li>
        <li>
          <span>
            <Trans>
              עוצרים את השירות, ומחליפים את מסד הנתונים: <code dir="ltr">agentlocator restore FILE</code>
            </Trans>
          </span>
        </li>
        <li>
          <span>
            <Trans>מפעילים את השירות. מסד הנתונים הקודם נשמר לידו, ולא נמחק.</Trans>
          </span>
        </li>
        <li>
          <span>
            <Trans>הודעות שהיו בדרך מחכות לאישור שלכם בדף ״תקלות״, כדי ששום דבר לא יישלח פעמיים.</Trans>
          </span>
        </li>
      </ol>
    </details>
  )
}
