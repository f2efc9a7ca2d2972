import { Trans, useLingui } from '@lingui/react/macro'
import { useInfiniteQuery } from '@tanstack/react-query'
import { type ReactNode, useMemo } from 'react'
import { flushSync } from 'react-dom'
import { useLocation } from 'wouter'
import { WhoAnswers } from '#shared/answering/WhoAnswers'
import { type CallOutcome, isCallOutcome } from '#shared/call-outcome'
import { Link } from '#shared/components/Link'
import { More } from '#shared/components/More'
import { SearchField } from '#shared/components/SearchField'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { deferred, usePreload } from '#shared/deferred'
import { useShortcuts } from '#shared/keys'
import { placeOf, useLongList } from '#shared/long-list'
import { type UrlChange, useUrl } from '#shared/url'
import { type CallFilter, type CallItem, callHref, callPages, callsOf } from './api'
import { CallRow } from './CallRow'

const CallBackSeveral = deferred(async () => (await import('./CallBackSeveral')).CallBackSeveral)

export function CallList({ current }: { current: number | null }) {
  const { t } = useLingui()
  const [filter, setFilter] = useCallFilter()
  const query = useInfiniteQuery(callPages(filter))
  const calls = useMemo(() => (query.data ? callsOf(query.data) : []), [query.data])
  usePreload(CallBackSeveral)
  return (
    <section className="pane list" aria-label={t`שיחות`}>
      <div className="list-head">
        <h2 className="h1 grow">
          <Trans>שיחות</Trans>
        </h2>
      </div>
      <WhoAnswers />
      <SearchField
        className="list-search"
        label={t`חיפוש בשיחות`}
        placeholder={t`שם, מספר או מילה מהשיחה`}
        value={filter.q ?? ''}
        onChange={q => setFilter({ q })}
      />
      <CallFilters outcome={filter.outcome} onChange={outcome => setFilter({ outcome })} />
      <Loaded
        query={query}
        skeleton={<SkeletonRows count={10} height={66} />}
        title={<Trans>השיחות לא נטענו. הן נשמרות כרגיל</Trans>}
      >
        {() => {
          if (calls.length === 0) return <NoCalls filter={filter} />
          return (
            <>
              {filter.outcome === 'missed' && <CallBackSeveral />}
              <Rows
                calls={calls}
                current={current}
                hasMore={query.hasNextPage}
                more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
              />
            </>
          )
        }}
      </Loaded>
    </section>
  )
}

function NoCalls({ filter: { outcome, q } }: { filter: CallFilter }) {
  if (outcome || q) {
    return (
      <EmptyState
        title={<Trans>אין שיחות כאלה</Trans>}
        action={
          <Link className="btn" href="/app/calls">
            <Trans>כל השיחות</Trans>
          </Link>
        }
      >
        {!q ? (
          <Trans>אף שיחה לא מתאימה לסינון הזה.</Trans>
        ) : outcome ? (
          <Trans>אפשר לחפש חלק משם או ממספר, או להסיר את הסינון.</Trans>
        ) : (
          <Trans>אפשר לחפש חלק משם, ממספר או ממילה שנאמרה.</Trans>
        )}
      </EmptyState>
    )
  }
  return (
    <EmptyState
      title={<Trans>עוד אין שיחות</Trans>}
      action={
        <Link className="btn" href="/app/try">
          <Trans>לדבר עם הסוכן</Trans>
        </Link>
      }
    >
      <Trans>כל שיחה לעסק תופיע כאן לבד: מי התקשר, מה נאמר, ומה יצא מזה. אפשר להתקשר עכשיו ולראות.</Trans>
    </EmptyState>
  )
}

interface RowsProps {
  calls: CallItem[]
  current: number | null
  /** Whether more calls can be fetched; `more` is undefined while they are being fetched. */
  hasMore: boolean
  more: (() => void) | undefined
}

function Rows({ calls, current, hasMore, more }: RowsProps) {
  const { t } = useLingui()
  const [, go] = useLocation()
  const keys = useMemo(() => calls.map(({ id }) => id), [calls])
  const { ref, parts } = useLongList<HTMLUListElement>({ name: 'calls', keys, height: 66, current })
  const move = (by: 1 | -1) => {
    const at = calls.findIndex(({ id }) => id === current)
    const next = calls[at === -1 ? 0 : at + by]
    if (!next) return
    // The list renders the current row, also far from the screen.
    flushSync(() => go(callHref(next.id, location.search), { replace: current !== null }))
    document.getElementById(`call-${next.id}`)?.scrollIntoView({ block: 'nearest' })
  }
  useShortcuts([
    { code: 'KeyJ', run: () => move(1) },
    { code: 'KeyK', run: () => move(-1) },
  ])
  return (
    <ul ref={ref} className="scroll" tabIndex={-1} aria-label={t`רשימת השיחות`}>
      {parts.map(part => {
        if ('gap' in part) return <li key={part.key} data-gap aria-hidden style={{ blockSize: part.gap }} />
        const call = calls[part.index]
        return (
          call && (
            <CallRow
              key={part.key}
              call={call}
              isCurrent={call.id === current}
              {...placeOf(part.index, calls.length, hasMore)}
            />
          )
        )
      })}
      {more && (
        <li>
          <More key={calls.length} run={more}>
            <Trans>שיחות קודמות</Trans>
          </More>
        </li>
      )}
    </ul>
  )
}

interface Props {
  outcome: CallOutcome | undefined
  onChange: (outcome: CallOutcome | null) => void
}

function CallFilters({ outcome, onChange }: Props) {
  const { t } = useLingui()
  const choices: [CallOutcome | null, ReactNode][] = [
    [null, <Trans key="all">הכול</Trans>],
    ['missed', <Trans key="missed">לא נענו</Trans>],
    ['failed', <Trans key="failed">נקטעו</Trans>],
    ['booked', <Trans key="booked">תורים</Trans>],
    ['message', <Trans key="message">הודעות</Trans>],
    ['transferred', <Trans key="transferred">הועברו</Trans>],
    ['blocked', <Trans key="blocked">חסומים</Trans>],
    ['robot', <Trans key="robot">מכונות</Trans>],
    ['silent', <Trans key="silent">בלי מילה</Trans>],
  ]
  return (
    <div className="filters list-filters" role="group" aria-label={t`סינון`}>
      {choices.map(([value, text]) => (
        <button
          key={value ?? 'all'}
          type="button"
          aria-pressed={(outcome ?? null) === value}
          onClick={() => onChange(value)}
        >
          {text}
        </button>
      ))}
    </div>
  )
}

function useCallFilter(): [CallFilter, (change: UrlChange) => void] {
  const [params, change] = useUrl()
  const outcome = params.get('outcome')
  const filter: CallFilter = {}
  if (outcome && isCallOutcome(outcome)) filter.outcome = outcome
  const q = params.get('q')?.trim()
  if (q) filter.q = q
  return [filter, change]
}
