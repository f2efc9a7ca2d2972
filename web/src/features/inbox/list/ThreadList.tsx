import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconEdit, IconSearch, IconX } from '@tabler/icons-react'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useDeferredValue, useEffect, useMemo, useState } from 'react'
import { Icon } from '#shared/components/Icon'
import { useInView } from '#shared/components/More'
import { ErrorState, SkeletonRows } from '#shared/components/states'
import { MIN_SEARCH, matchOf, type SearchHit, searchPages } from '#shared/search'
import { useUrl } from '#shared/url'
import { whenReleased } from '../actions'
import type { InboxFilter, InboxRow } from '../api'
import { heldOrder } from '../model/order'
import { countsQuery, inboxQuery } from '../queries'
import { useTypingIn } from '../typing'
import { EmptyList } from './EmptyList'
import { FoundWords } from './FoundWords'
import { Threads } from './Threads'

interface Props {
  filter: InboxFilter
  setFilter: (filter: InboxFilter) => void
  current: number | null
  hrefOf: (contactId: number) => string
  onNew: () => void
  /** Called with the rows in the order on the screen, for the keys J and K. */
  onOrder: (rows: readonly InboxRow[]) => void
}

export function ThreadList({ filter, setFilter, current, hrefOf, onNew, onOrder }: Props) {
  const { t } = useLingui()
  // In the address, so that a reload keeps the search; null while there is no search.
  const [params, change] = useUrl()
  const [isSearching, setSearching] = useState(false)
  const words = params.get('q') ?? (isSearching ? '' : null)
  const setWords = (words: string | null) => {
    setSearching(words !== null)
    change({ q: words })
  }
  const wanted = useDeferredValue(words?.trim() ?? '')
  const query = useInfiniteQuery({
    ...inboxQuery(filter, wanted),
    placeholderData: before => (words === null ? undefined : before),
  })
  const isSearch = wanted.length >= MIN_SEARCH
  const inside = useInfiniteQuery({
    ...searchPages(wanted, 20),
    enabled: isSearch,
    placeholderData: before => (words === null ? undefined : before),
  })
  const hits = useMemo(
    () => (isSearch ? (inside.data?.pages.flatMap(page => page.items) ?? []) : []),
    [isSearch, inside.data],
  )
  const all = useMemo(
    () =>
      query.data &&
      withoutFound(
        query.data.pages.flatMap(page => page.items),
        hits,
        wanted,
      ),
    [query.data, hits, wanted],
  )
  const [held, setHeld] = useState<readonly number[] | null>(null)
  const { items, older, fresh, isMoved } = useMemo(() => heldOrder(all ?? [], row => row.contact_id, held), [all, held])
  useEffect(() => {
    if (older.length > 0) setHeld(known => known && [...known, ...older])
  }, [older])
  // In a search, the rows that only contain the words follow the hits, which show where.
  const [named, others] = useMemo(() => {
    const isFirst = (row: InboxRow) => !isSearch || isNamed(row, wanted)
    return [items.filter(isFirst), items.filter(row => !isFirst(row))]
  }, [items, isSearch, wanted])
  useEffect(() => onOrder([...named, ...others]), [named, others, onOrder])
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list begins with its own order
  useEffect(() => setHeld(null), [filter, words])
  // After a change by this user, the list is reordered at once, even under the pointer.
  useEffect(() => whenReleased(() => setHeld(null)), [])
  const typing = useTypingIn()
  const end = useInView<HTMLDivElement>(query.fetchNextPage, query.hasNextPage && !query.isFetchingNextPage, '600px')

  const rows = (items: readonly InboxRow[], label: string) =>
    items.length > 0 && (
      <Threads
        rows={items}
        label={label}
        current={current}
        hrefOf={hrefOf}
        typingIn={typing}
        hasMore={query.hasNextPage}
      />
    )
  return (
    <section className="pane list" aria-label={t`רשימת פניות`}>
      <div className="sticky">
        <ListHead words={words} setWords={setWords} onNew={onNew} />
        <Filters filter={filter} setFilter={setFilter} />
      </div>
      <div
        className="scroll"
        onPointerEnter={event => event.pointerType === 'mouse' && setHeld(items.map(row => row.contact_id))}
        onPointerLeave={() => setHeld(null)}
      >
        {(fresh > 0 || isMoved) && (
          <button className="btn pen round fresh-rows" type="button" onClick={() => setHeld(null)}>
            {fresh > 0 ? (
              <Plural value={fresh} one="פנייה חדשה" two="שתי פניות חדשות" other="# פניות חדשות" />
            ) : (
              <Trans>עדכון הסדר</Trans>
            )}
          </button>
        )}
        {all === undefined && !query.error && <SkeletonRows count={10} height={67} />}
        {all === undefined && query.error && (
          <ErrorState
            error={query.error}
            title={<Trans>הפניות לא נטענו. הן נשמרות כרגיל</Trans>}
            retry={() => void query.refetch()}
          />
        )}
        {all?.length === 0 && hits.length === 0 && !(isSearch && inside.isPending) && (
          <EmptyList
            filter={filter}
            words={words ?? ''}
            clear={() => setWords(null)}
            search={setWords}
            showAll={() => setFilter('all')}
            onNew={onNew}
          />
        )}
        {rows(named, t`פניות`)}
        <FoundWords
          hits={hits}
          more={inside.hasNextPage && !inside.isFetchingNextPage ? () => void inside.fetchNextPage() : undefined}
        />
        {hits.length > 0 && others.length > 0 && (
          <h2 className="more-found">
            <Trans>עוד פניות שבהן זה נכתב</Trans>
          </h2>
        )}
        {rows(others, t`עוד פניות שבהן זה נכתב`)}
        <div ref={end} className="list-end" />
        {query.isFetchingNextPage && <SkeletonRows count={3} height={67} />}
      </div>
    </section>
  )
}

/** Whether the name contains each of the words, or the number contains their digits. */
function isNamed({ contact_name, number }: InboxRow, words: string): boolean {
  const digits = words.replace(/\D/g, '').replace(/^0/, '')
  return (
    words.split(/\s+/).every(word => matchOf(contact_name, word) !== undefined) ||
    (digits !== '' && (number?.includes(digits) ?? false))
  )
}

/** Removes the contacts that the hits already show, unless the name or number matches too. */
function withoutFound(rows: readonly InboxRow[], hits: readonly SearchHit[], words: string): InboxRow[] {
  const found = new Set(hits.map(hit => hit.contact_id))
  return rows.filter(row => !found.has(row.contact_id) || isNamed(row, words))
}

interface HeadProps {
  words: string | null
  setWords: (words: string | null) => void
  onNew: () => void
}

function ListHead({ words, setWords, onNew }: HeadProps) {
  const { t } = useLingui()
  if (words !== null) {
    return (
      <div className="list-head search">
        <Icon icon={IconSearch} />
        <input
          // biome-ignore lint/a11y/noAutofocus: the field replaces the button that was pressed
          autoFocus={words === ''}
          type="search"
          dir="auto"
          aria-label={t`חיפוש בפניות`}
          placeholder={t`שם, מספר או מילה`}
          value={words}
          onChange={event => setWords(event.target.value)}
          onKeyDown={event => event.key === 'Escape' && setWords(null)}
        />
        <button className="btn quiet icon" type="button" aria-label={t`סגירת החיפוש`} onClick={() => setWords(null)}>
          <Icon icon={IconX} />
        </button>
      </div>
    )
  }
  return (
    <div className="list-head">
      <h2 className="h1">
        <Trans>פניות</Trans>
      </h2>
      <span className="grow" />
      <button className="btn quiet icon" type="button" aria-label={t`חיפוש`} onClick={() => setWords('')}>
        <Icon icon={IconSearch} />
      </button>
      <button className="btn quiet icon" type="button" aria-label={t`הודעה חדשה`} onClick={onNew}>
        <Icon icon={IconEdit} />
      </button>
    </div>
  )
}

function Filters({ filter, setFilter }: Pick<Props, 'filter' | 'setFilter'>) {
  const { t } = useLingui()
  const { data } = useQuery(countsQuery)
  const filters: [InboxFilter, string, number][] = [
    ['all', t`הכול`, 0],
    ['waiting', t`ממתינות לי`, data?.waiting ?? 0],
    ['agent', t`הסוכן ענה`, data?.agent ?? 0],
    ['archived', t`ארכיון`, 0],
  ]
  // Only a problem leads there.
  if (filter === 'undelivered') filters.push(['undelivered', t`לא נמסרו`, 0])
  return (
    <div className="filters" role="group" aria-label={t`סינון`}>
      {filters.map(([id, name, count]) => (
        <button key={id} type="button" aria-pressed={filter === id} onClick={() => setFilter(id)}>
          {name}
          {count > 0 && (
            <>
              {' '}
              <span className={id === 'agent' ? 'n quiet' : 'n'}>{count}</span>
            </>
          )}
        </button>
      ))}
    </div>
  )
}
