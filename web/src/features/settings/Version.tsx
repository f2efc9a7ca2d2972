import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import { Problem } from '#shared/components/Problem'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Dot, Ltr, Time } from '#shared/components/text'
import { useTarget } from '#shared/target'
import { type Updates, type VersionState, versionStates } from './version-state'

export function Version() {
  const query = useQuery(apiQuery('/api/updates'))
  return (
    <section>
      <h2 className="grp" {...useTarget<HTMLHeadingElement>('version')}>
        <Trans>הגרסה</Trans>
      </h2>
      <Loaded query={query} skeleton={<SkeletonRows count={1} height={52} />}>
        {updates => <Versions updates={updates} />}
      </Loaded>
    </section>
  )
}

function Versions({ updates }: { updates: Updates }) {
  const { installed, newest, is_newer: isNewer, checked_at: checkedAt } = updates
  const states = versionStates(updates, Date.now())
  return (
    <>
      <p>
        <Trans>
          מותקנת <Ltr>{installed}</Ltr>
        </Trans>
        {checkedAt && (
          <span className="small muted">
            <Dot />
            <Trans>
              ניסיון הבדיקה האחרון: <Time at={checkedAt} style="full" />
            </Trans>
          </span>
        )}
      </p>
      {isNewer && newest && (
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
      )}
      {states.map(state => (
        <p key={state} className="small muted">
          <StateWords state={state} check={updates.check} newest={newest?.version ?? ''} />
        </p>
      ))}
      {isNewer && <HowToUpdate version={newest?.version ?? 'NEW'} />}
    </>
  )
}

function StateWords({ state, check, newest }: { state: VersionState; check: string; newest: string }) {
  switch (state) {
    case 'newest':
      return <Trans>לפי הרשימה האחרונה שהתקבלה, זו הגרסה האחרונה.</Trans>
    case 'ahead':
      return (
        <Trans>
          הגרסה המותקנת חדשה מהגרסה האחרונה ברשימה שהתקבלה, <Ltr>{newest}</Ltr>.
        </Trans>
      )
    case 'off':
      return <Trans>המכונה לא מחפשת גרסאות חדשות. אפשר להפעיל את זה כאן למטה.</Trans>
    case 'never':
      return <Trans>עוד לא נבדק אם יש גרסה חדשה. המכונה בודקת פעם בשבוע.</Trans>
    case 'failed':
      return check === 'off' ? (
        <Trans>רשימת הגרסאות עוד לא התקבלה אף פעם, ולכן לא ידוע אם יש גרסה חדשה.</Trans>
      ) : (
        <Trans>
          הבדיקה האחרונה נכשלה, ורשימת הגרסאות עוד לא התקבלה אף פעם. המכונה תנסה שוב יממה אחרי הניסיון האחרון.
        </Trans>
      )
    case 'retry':
      return <Trans>הבדיקה האחרונה נכשלה. המכונה תנסה שוב יממה אחריה.</Trans>
    case 'old':
      return <Trans>מאז הבדיקה האחרונה עברו יותר משלושה שבועות. ייתכן שיצאה גרסה חדשה.</Trans>
  }
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
