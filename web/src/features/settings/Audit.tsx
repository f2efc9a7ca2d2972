import { useLingui as useTexts } from '@lingui/react'
import { Trans } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { Schemas } from '#shared/api/client'
import { apiPages } from '#shared/api/query'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { Ltr, Time } from '#shared/components/text'
import { useFormat } from '#shared/session'
import { AuditSubject } from './AuditSubject'
import { actionText } from './audit-words'

type Entry = Schemas['AuditEntry']

export function Audit() {
  const query = useInfiniteQuery({ ...apiPages('/api/audit', { query: { limit: 50 } }), staleTime: 0 })
  return (
    <section>
      <p className="muted">
        <Trans>כל כניסה וכל שינוי, ומי עשה אותם. אי אפשר לערוך את הרשימה הזאת.</Trans>
      </p>
      <Loaded
        query={query}
        skeleton={<SkeletonRows count={10} height={44} />}
        title={<Trans>היומן לא נטען. הוא נרשם כרגיל</Trans>}
      >
        {({ pages }) => {
          const entries = pages.flatMap(({ items }) => items)
          if (entries.length === 0) {
            return (
              <EmptyState title={<Trans>עוד לא נרשם דבר</Trans>}>
                <Trans>כל שינוי שייעשה כאן יופיע ברשימה.</Trans>
              </EmptyState>
            )
          }
          return <Days entries={entries} />
        }}
      </Loaded>
      {query.hasNextPage && (
        <button
          className="btn"
          type="button"
          disabled={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          <Trans>ישנים יותר</Trans>
        </button>
      )}
    </section>
  )
}

function Days({ entries }: { entries: readonly Entry[] }) {
  const format = useFormat()
  const days: { day: string; entries: Entry[] }[] = []
  for (const entry of entries) {
    const day = format.longDate(entry.at)
    const last = days.at(-1)
    if (last?.day === day) last.entries.push(entry)
    else days.push({ day, entries: [entry] })
  }
  return days.map(({ day, entries }) => (
    <section key={day}>
      <h2 className="grp">{day}</h2>
      <ul className="ledger">
        {entries.map(entry => (
          <Line key={entry.id} entry={entry} />
        ))}
      </ul>
    </section>
  ))
}

function Line({ entry }: { entry: Entry }) {
  const { i18n } = useTexts()
  const known = actionText(entry.action)
  return (
    <li>
      <Time at={entry.at} style="time" />
      <div className="it">
        <span className="strong">
          <Actor entry={entry} />
        </span>{' '}
        {known ? i18n._(known) : <Ltr>{entry.action}</Ltr>}
        <AuditSubject entry={entry} />
      </div>
    </li>
  )
}

function Actor({ entry }: { entry: Entry }) {
  if (entry.actor_name) return <bdi>{entry.actor_name}</bdi>
  const [kind] = entry.actor.split(':')
  switch (kind) {
    case 'user':
      return <Trans>משתמש שהוסר</Trans>
    case 'token':
      return <Trans>אסימון שבוטל</Trans>
    case 'cli':
      return <Trans>שורת הפקודה</Trans>
    case 'contact':
      return <Trans>הלקוח, ב־WhatsApp</Trans>
    case 'agent':
      return <Trans>הסוכן</Trans>
    case 'phone':
      return <Trans>מהטלפון של העסק</Trans>
    case 'owner':
      return <Trans>הבעלים, ב־WhatsApp</Trans>
    case 'daemon':
      return <Trans>המכונה</Trans>
    default:
      return <Trans>לא ידוע</Trans>
  }
}
