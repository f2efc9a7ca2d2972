import './contacts.css'
import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { IconColumns3, IconUserPlus } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { useAllPages } from '#shared/api/all-pages'
import { queryClient } from '#shared/api/query'
import { useCloseInUrl } from '#shared/close-in-url'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { deferred, useHasBeen, usePreload } from '#shared/deferred'
import { useShortcuts } from '#shared/keys'
import { useUrl } from '#shared/url'
import { type Contact, contactPages, itemsOf } from './api'
import { ContactFilters, useContactFilter } from './ContactFilters'
import { ContactTable } from './ContactTable'
import { SelectAll } from './SelectAll'
import { useSelectAll } from './use-select-all'

const BulkBar = deferred(async () => (await import('./BulkBar')).BulkBar)
const NewContact = deferred(async () => (await import('./NewContact')).NewContact)

export const prefetch = () => [queryClient.prefetchInfiniteQuery(contactPages({}))]

export default function ContactsPage() {
  const { t } = useLingui()
  useDocumentTitle(t`לקוחות`)
  const [filter] = useContactFilter()
  const [params, change] = useUrl()
  const [picked, setPicked] = useState<ReadonlySet<number>>(new Set())
  const query = useInfiniteQuery(contactPages(filter))
  const contacts = useMemo(() => (query.data ? itemsOf<Contact>(query.data) : []), [query.data])
  // A picked contact may have been deleted by another user, or be hidden by the filter.
  const selected = useMemo(() => new Set(contacts.flatMap(({ id }) => (picked.has(id) ? id : []))), [contacts, picked])
  const all = useSelectAll(query, filter, contacts, setPicked)
  const clear = () => {
    all.cancel()
    setPicked(new Set())
  }
  const isNew = params.get('new') !== null
  const hasBeenNew = useHasBeen(isNew)
  // The back button closes the dialog.
  const openNew = () => change({ new: 1 }, false)
  const close = useCloseInUrl(change)
  usePreload(BulkBar, NewContact)
  useShortcuts([
    { code: 'KeyN', run: openNew },
    { code: 'Escape', run: clear },
  ])
  return (
    <div className="page-scroll" tabIndex={-1}>
      <main className="page contacts contacts-page">
        <div className="page-head">
          <h1 className="grow">
            <Trans>לקוחות</Trans>
          </h1>
          <Link className="btn quiet" href="/app/leads">
            <Icon icon={IconColumns3} />
            <Trans>לידים</Trans>
          </Link>
          <button className="btn pen" type="button" onClick={openNew} aria-keyshortcuts="N">
            <Icon icon={IconUserPlus} />
            <Trans>לקוח חדש</Trans>
          </button>
        </div>
        <Duplicates />
        <ContactFilters />
        <Loaded
          query={query}
          skeleton={<SkeletonRows count={10} height={53} />}
          title={<Trans>הלקוחות לא נטענו. הם שמורים</Trans>}
        >
          {() =>
            contacts.length === 0 ? (
              <NoContacts
                isFiltered={Boolean(filter.q ?? filter.tag_id ?? filter.blocked ?? filter.relation)}
                onNew={openNew}
              />
            ) : (
              <>
                {query.hasNextPage && (all.isLoading || contacts.every(({ id }) => selected.has(id))) && (
                  <SelectAll count={contacts.length} {...all} />
                )}
                <ContactTable
                  contacts={contacts}
                  selected={selected}
                  setSelected={setPicked}
                  hasMore={query.hasNextPage}
                  more={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
                />
              </>
            )
          }
        </Loaded>
        {selected.size > 0 && <BulkBar selected={selected} clear={clear} />}
        {hasBeenNew && (
          <NewContact
            isOpen={isNew}
            onClose={() => close({ new: null, name: null, number: null })}
            name={params.get('name')}
            number={params.get('number')}
          />
        )}
      </main>
    </div>
  )
}

function Duplicates() {
  const { data } = useAllPages('/api/merge-suggestions')
  const count = data?.items.length ?? 0
  if (count === 0) return null
  return (
    <div className="problem same duplicates">
      <p className="grow strong">
        <Plural
          value={count}
          one="זוג אחד הוא אולי אותו לקוח"
          two="שני זוגות הם אולי אותו לקוח"
          other="# זוגות הם אולי אותו לקוח"
        />
      </p>
      <Link className="btn" href="/app/merge-suggestions">
        <Trans>לבדוק</Trans>
      </Link>
    </div>
  )
}

function NoContacts({ isFiltered, onNew }: { isFiltered: boolean; onNew: () => void }) {
  return isFiltered ? (
    <EmptyState
      title={<Trans>אין לקוחות כאלה</Trans>}
      action={
        <Link className="btn" href="/app/contacts">
          <Trans>כל הלקוחות</Trans>
        </Link>
      }
    >
      <Trans>אפשר לחפש חלק משם או ממספר, או להסיר את הסינון.</Trans>
    </EmptyState>
  ) : (
    <EmptyState
      title={<Trans>עוד אין לקוחות</Trans>}
      action={
        <button className="btn" type="button" onClick={onNew}>
          <Trans>לקוח חדש</Trans>
        </button>
      }
    >
      <Trans>מי שיתקשר או יכתוב לעסק יופיע כאן לבד, עם כל השיחות וההודעות שלו. אפשר גם להוסיף לקוח ביד.</Trans>
    </EmptyState>
  )
}
