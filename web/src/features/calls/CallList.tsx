import { Trans, useLingui } from '@lingui/react/macro'
import { IconSearch, IconX } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { useShortcuts } from '#shared/keys'
import { type CallItem, callPages, callsOf } from './api'
import { CallFilters } from './CallFilters'
import { CallRow } from './CallRow'
import { useCallFilter } from './url'

/** How long typing may pause before the search begins. */
const PAUSE_MS = 200

/** The list of calls with search and filters. J and K move, Enter opens. */
export function CallList({ current }: { current: number | null }) {
  const { t } = useLingui()
  const [filter, setFilter] = useCallFilter()
  const query = useInfiniteQuery(callPages(filter))
  return (
    <section className="pane list" aria-label={t`שיחות`}>
      <div className="list-head">
        <h2 className="h1 grow">
          <Trans>שיחות</Trans>
        </h2>
      </div>
      <Search value={filter.q ?? ''} onChange={q => setFilter({ q })} />
      <CallFilters outcome={filter.outcome} onChange={outcome => setFilter({ outcome })} />
      <Loaded
        query={query}
        skeleton={<SkeletonRows count={10} height={66} />}
        title={<Trans>השיחות לא נטענו. הן נשמרות כרגיל</Trans>}
      >
        {data => {
          const calls = callsOf(data)
          if (calls.length === 0) return <NoCalls isFiltered={Boolean(filter.outcome ?? filter.q)} />
          return (
            <Rows
              calls={calls}
              current={current}
              more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
            />
          )
        }}
      </Loaded>
    </section>
  )
}

function Search({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  const { t } = useLingui()
  const [text, setText] = useState(value)
  const change = useRef(onChange)
  change.current = onChange
  useEffect(() => {
    if (text.trim() === value) return
    const timer = setTimeout(() => change.current(text.trim()), PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, value])
  return (
    <div className="search list-search">
      <Icon icon={IconSearch} />
      <input
        type="search"
        dir="auto"
        value={text}
        aria-label={t`חיפוש בשיחות`}
        placeholder={t`שם, מספר או מילה מהשיחה`}
        onChange={event => setText(event.target.value)}
      />
      {text && (
        <button className="btn quiet icon" type="button" aria-label={t`ניקוי החיפוש`} onClick={() => setText('')}>
          <Icon icon={IconX} size="s" />
        </button>
      )}
    </div>
  )
}

function NoCalls({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <EmptyState
        title={<Trans>אין שיחות כאלה</Trans>}
        action={
          <Link className="btn" href="/app/calls">
            <Trans>כל השיחות</Trans>
          </Link>
        }
      >
        <Trans>אפשר לחפש חלק משם או ממספר, או להסיר את הסינון.</Trans>
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
  more: (() => void) | undefined
}

function Rows({ calls, current, more }: RowsProps) {
  const { t } = useLingui()
  const [, go] = useLocation()
  const move = (by: 1 | -1) => {
    const at = calls.findIndex(({ id }) => id === current)
    const next = calls[at === -1 ? 0 : at + by]
    if (!next) return
    go(`/app/calls/${next.id}${location.search}`, { replace: current !== null })
    document.getElementById(`call-${next.id}`)?.scrollIntoView({ block: 'nearest' })
  }
  useShortcuts([
    { code: 'KeyJ', run: () => move(1) },
    { code: 'KeyK', run: () => move(-1) },
  ])
  return (
    <ul className="scroll" tabIndex={-1} aria-label={t`רשימת השיחות`}>
      {calls.map(call => (
        <CallRow key={call.id} call={call} isCurrent={call.id === current} />
      ))}
      {more && <More key={calls.length} run={more} />}
    </ul>
  )
}

/** Fetches the next page when it comes into view. */
function More({ run }: { run: () => void }) {
  const ref = useRef<HTMLLIElement>(null)
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    const element = ref.current
    if (!element) return
    const observer = new IntersectionObserver(entries => entries.some(each => each.isIntersecting) && latest.current())
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return (
    <li ref={ref} className="more">
      <button className="btn quiet" type="button" onClick={run}>
        <Trans>שיחות קודמות</Trans>
      </button>
    </li>
  )
}
