import { useLingui as useTexts } from '@lingui/react'
import { Trans, useLingui } from '@lingui/react/macro'
import { IconFilter } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { Schemas } from '#shared/api/client'
import { apiPages } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { Ltr, Time } from '#shared/components/text'
import { useLocale } from '#shared/i18n/locale'
import { useFormat } from '#shared/session'
import { useUrl } from '#shared/url'
import { AuditActor } from './AuditActor'
import { AuditFilters } from './AuditFilters'
import { AuditSubject } from './AuditSubject'
import { filterOf } from './audit-filter'
import { actionText } from './audit-words'

type Entry = Schemas['AuditEntry']

export function Audit() {
  const [params, change] = useUrl()
  const filter = filterOf(params)
  const isFiltered = Object.keys(filter).length > 0
  const query = useInfiniteQuery({ ...apiPages('/api/audit', { query: { ...filter, limit: 50 } }), staleTime: 0 })
  return (
    <section>
      <p className="muted">
        <Trans>כל כניסה וכל שינוי, ומי עשה אותם. אי אפשר לערוך את הרשימה הזאת.</Trans>
      </p>
      <AuditFilters filter={filter} change={change} />
      <Loaded
        query={query}
        skeleton={<SkeletonRows count={10} height={44} />}
        title={<Trans>היומן לא נטען. הוא נרשם כרגיל</Trans>}
      >
        {({ pages }) => {
          const entries = pages.flatMap(({ items }) => items)
          if (entries.length === 0 && isFiltered) {
            return (
              <EmptyState title={<Trans>אין שינויים כאלה</Trans>}>
                <Trans>אפשר להסיר חלק מהסינון, או לבחור ימים אחרים.</Trans>
              </EmptyState>
            )
          }
          if (entries.length === 0) {
            return (
              <EmptyState title={<Trans>עוד לא נרשם דבר</Trans>}>
                <Trans>כל שינוי שייעשה כאן יופיע ברשימה.</Trans>
              </EmptyState>
            )
          }
          return (
            <Days entries={entries} choose={contact => change({ contact })} isOne={filter.contact_id !== undefined} />
          )
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

interface Chosen {
  /** Filters by a contact. */
  choose: (contact: number) => void
  /** Whether the entries are filtered by a contact already. */
  isOne: boolean
}

function Days({ entries, ...chosen }: Chosen & { entries: readonly Entry[] }) {
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
          <Line key={entry.id} entry={entry} {...chosen} />
        ))}
      </ul>
    </section>
  ))
}

function Line({ entry, choose, isOne }: Chosen & { entry: Entry }) {
  const { t } = useLingui()
  const { i18n } = useTexts()
  const locale = useLocale()
  const contact = entry.contact_id
  const known = actionText(entry.action)
  return (
    <li>
      <Time at={entry.at} style="time" />
      <div className="it audit-line">
        <span>
          <span className="strong">
            <AuditActor entry={entry} />
          </span>
          {/* The actions are nouns in Hebrew, and verbs in English. */}
          {locale === 'he' ? ': ' : ' '}
          {known ? i18n._(known) : <Ltr>{entry.action}</Ltr>}
          <AuditSubject entry={entry} />
        </span>
        {contact != null && !isOne && (
          <button
            className="btn quiet icon audit-only"
            type="button"
            aria-label={t`רק מה שקשור ללקוח הזה`}
            title={t`רק מה שקשור ללקוח הזה`}
            onClick={() => choose(contact)}
          >
            <Icon icon={IconFilter} size="s" />
          </button>
        )}
      </div>
    </li>
  )
}
