import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import { Problem } from '#shared/components/Problem'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Dot, Ltr, Time } from '#shared/components/text'
import { useTarget } from '#shared/target'

export function Version() {
  const query = useQuery(apiQuery('/api/updates'))
  return (
    <section>
      <h2 className="grp" {...useTarget<HTMLHeadingElement>('version')}>
        <Trans>הגרסה</Trans>
      </h2>
      <Loaded query={query} skeleton={<SkeletonRows count={1} height={52} />}>
        {({ installed, newest, is_newer, check, checked_at }) => (
          <>
            <p>
              <Trans>
                מותקנת <Ltr>{installed}</Ltr>
              </Trans>
              {checked_at && (
                <span className="small muted">
                  <Dot />
                  <Trans>
                    נבדק <Time at={checked_at} style="full" />
                  </Trans>
                </span>
              )}
            </p>
            {is_newer && newest ? (
              <Problem
                icon={IconAlertTriangle}
                level={newest.urgent ? 'bad' : 'plain'}
                title={
                  <Trans>
                    יש גרסה חדשה: <Ltr>{newest.version}</Ltr>
                  </Trans>
                }
                action={
                  newest.notes_url && (
                    <a className="btn" href={newest.notes_url} target="_blank" rel="noreferrer">
                      <Trans>מה חדש</Trans>
                    </a>
                  )
                }
              />
            ) : (
              <p className="small muted">
                {check === 'off' ? (
                  <Trans>המכונה לא מחפשת גרסאות חדשות. אפשר להפעיל את זה כאן למטה.</Trans>
                ) : !checked_at ? (
                  <Trans>עוד לא נבדק אם יש גרסה חדשה. המכונה בודקת פעם בשבוע.</Trans>
                ) : !newest ? (
                  <Trans>בבדיקה לא התקבלה רשימת הגרסאות. המכונה תנסה שוב.</Trans>
                ) : (
                  <Trans>זו הגרסה האחרונה שאנחנו מכירים.</Trans>
                )}
              </p>
            )}
            {is_newer && <HowToUpdate version={newest?.version ?? 'NEW'} />}
          </>
        )}
      </Loaded>
    </section>
  )
}

function HowToUpdate({ version }: { version: string }) {
  return (
    <div className="guide">
      <p>
        <Trans>מורידים את קובץ ההתקנה של הגרסה החדשה, ומריצים במכונה:</Trans>
      </p>
      <pre dir="ltr">{`sudo apt install ./agentlocator_${version}_amd64.deb`}</pre>
      <p className="small muted">
        <Trans>
          לפני העדכון נעשה גיבוי מעצמו. שיחות פעילות מסתיימות כרגיל, ואם הגרסה החדשה לא עולה תוך דקה, חוזרים לבד לקודמת.
        </Trans>
      </p>
    </div>
  )
}
