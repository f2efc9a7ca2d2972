import { Trans } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { apiQuery } from '#shared/api/query'
import { Link } from '#shared/components/Link'
import { EmptyState } from '#shared/components/states'
import { Plain } from '#shared/components/text'
import { MIN_SEARCH, newContactHref } from '#shared/search'
import type { InboxFilter } from '../api'

interface Props {
  filter: InboxFilter
  words: string
  clear: () => void
  search: (words: string) => void
  showAll: () => void
  onNew: () => void
}

export function EmptyList({ filter, words, clear, search, showAll, onNew }: Props) {
  const typed = words.trim()
  const similar = useQuery({
    ...apiQuery('/api/search', { query: { q: typed, limit: 1 } }),
    enabled: typed.length >= MIN_SEARCH,
  })
  const name = similar.data?.similar_name
  if (typed) {
    return (
      <EmptyState
        title={
          <Trans>
            לא מצאנו ״<Plain text={typed} />״
          </Trans>
        }
        action={
          <div className="row wrap">
            {name && filter === 'all' && (
              <button className="btn" type="button" onClick={() => search(name)}>
                <Trans>
                  אולי ״<Plain text={name} />
                  ״?
                </Trans>
              </button>
            )}
            <Link className="btn" href={newContactHref(words)}>
              <Trans>לקוח חדש</Trans>
            </Link>
            <button className="btn quiet" type="button" onClick={clear}>
              <Trans>ניקוי החיפוש</Trans>
            </button>
          </div>
        }
      >
        <Trans>חיפשנו בשמות, במספרים ובכל מה שנכתב ונאמר.</Trans>
      </EmptyState>
    )
  }
  const all = (
    <button className="btn" type="button" onClick={showAll}>
      <Trans>לכל הפניות</Trans>
    </button>
  )
  switch (filter) {
    case 'waiting':
      return (
        <EmptyState title={<Trans>אין מי שמחכה לך</Trans>} action={all}>
          <Trans>פנייה שצריך לענות עליה תופיע כאן, עם הזמן שעבר.</Trans>
        </EmptyState>
      )
    case 'agent':
      return (
        <EmptyState title={<Trans>אין תשובות חדשות של הסוכן</Trans>} action={all}>
          <Trans>כאן מופיעות פניות שהסוכן ענה עליהן ואף אחד עוד לא ראה.</Trans>
        </EmptyState>
      )
    case 'archived':
      return (
        <EmptyState title={<Trans>הארכיון ריק</Trans>} action={all}>
          <Trans>פנייה שהעברתם לארכיון נשמרת כאן. הודעה או שיחה חדשה מחזירה אותה לרשימה.</Trans>
        </EmptyState>
      )
    case 'undelivered':
      return (
        <EmptyState title={<Trans>כל ההודעות נמסרו</Trans>} action={all}>
          <Trans>כאן מופיעות פניות עם הודעה מהיממה האחרונה שנכשלה או שלא נמסרה.</Trans>
        </EmptyState>
      )
    default:
      return (
        <EmptyState
          title={<Trans>עוד אין פניות</Trans>}
          action={
            <button className="btn" type="button" onClick={onNew}>
              <Trans>הודעה חדשה</Trans>
            </button>
          }
        >
          <Trans>כל שיחה והודעה לעסק תופיע כאן לבד, עם התמלול ועם מה שהסוכן ענה.</Trans>
        </EmptyState>
      )
  }
}
