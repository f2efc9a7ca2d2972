import './conversation.css'
import './inbox.css'
import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle, useMediaQuery } from '@mantine/hooks'
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { useLocation, useParams, useSearchParams } from 'wouter'
import { queryClient } from '#shared/api/query'
import { BackCloses } from '#shared/components/BackCloses'
import { EmptyState, SkeletonRows } from '#shared/components/states'
import { deferred, useHasBeen, usePreload } from '#shared/deferred'
import { isolate } from '#shared/format/bidi'
import { useShortcuts } from '#shared/keys'
import { changed } from '#shared/url'
import { useConversationActions } from './actions'
import type { InboxFilter, InboxRow } from './api'
import { ThreadList } from './list/ThreadList'
import { archivedOf } from './model/person'
import { focusedMessage } from './model/reply'
import { countsQuery, inboxQuery, useContact } from './queries'

// A phone opens the list without this code.
const Conversation = deferred(
  async () => (await import('./Conversation')).Conversation,
  <section className="pane conv">
    <SkeletonRows count={9} height={72} />
  </section>,
)
const Card = deferred(async () => (await import('./card/Card')).Card)
const CardDrawer = deferred(async () => (await import('./card/CardDrawer')).CardDrawer)
const NewMessage = deferred(async () => (await import('./card/NewMessage')).NewMessage)
const TaskDialog = deferred(async () => (await import('./card/TaskDialog')).TaskDialog)

/** With a conversation in the address, its code is loaded before the page is shown. */
export const prepare = async () => {
  if (/\/inbox\/\d+$/.test(location.pathname)) await Conversation.preload()
}

const FILTERS: readonly InboxFilter[] = ['all', 'waiting', 'agent', 'archived', 'undelivered']

export const prefetch = () => [
  queryClient.prefetchInfiniteQuery(inboxQuery('all', '')),
  queryClient.prefetchQuery(countsQuery),
]

/** Below 1200 px the card opens as a drawer; a phone shows the list or the conversation. */
export default function InboxPage() {
  const { t } = useLingui()
  const [, go] = useLocation()
  const params = useParams<{ contactId?: string }>()
  const contactId = params.contactId && /^\d+$/.test(params.contactId) ? Number(params.contactId) : null
  const [search] = useSearchParams()
  const q = search.get('q')
  const wanted = search.get('filter') as InboxFilter | null
  const filter = wanted && FILTERS.includes(wanted) ? wanted : 'all'
  const hrefOf = useCallback((id: number | null) => addressOf(id, filter, q), [filter, q])
  const onMerged = useCallback((id: number) => go(hrefOf(id), { replace: true }), [go, hrefOf])
  const order = useRef<readonly InboxRow[]>([])
  const onOrder = useCallback((rows: readonly InboxRow[]) => {
    order.current = rows
  }, [])
  const [dialog, setDialog] = useState<'task' | 'new' | 'card' | null>(null)
  const hasCard = useHasBeen(dialog === 'card')
  const contact = useContact(contactId)
  const name = contact.data?.display_name
  useDocumentTitle(contactId !== null && name ? `${isolate(name)} · ${t`פניות`}` : t`פניות`)
  const isPhone = useMediaQuery('(max-width: 767px)')
  const isWide = useMediaQuery('(min-width: 1200px)')

  const { archive, unarchive } = useConversationActions()
  const onArchive = () => {
    if (contactId === null) return
    const isArchived = contact.data && archivedOf(contact.data)
    if (isArchived === null) return
    if (isArchived) return unarchive.mutate(contactId)
    const at = order.current.findIndex(row => row.contact_id === contactId)
    const next = order.current[at + 1] ?? order.current[at - 1]
    archive.mutate(contactId)
    go(hrefOf(isPhone ? null : (next?.contact_id ?? null)), { replace: !isPhone })
  }
  const step = (by: number) => {
    const at = order.current.findIndex(row => row.contact_id === contactId)
    const next = order.current[at < 0 ? 0 : at + by]
    if (!next) return
    // The list renders the current row, also far from the screen.
    flushSync(() => go(hrefOf(next.contact_id), { replace: contactId !== null }))
    document.querySelector(`[data-contact="${next.contact_id}"]`)?.scrollIntoView({ block: 'nearest' })
  }
  const isOpen = contactId !== null
  useShortcuts([
    { code: 'KeyJ', run: () => step(1) },
    { code: 'KeyK', run: () => step(-1) },
    { code: 'KeyR', when: () => focusedMessage() === null, run: focusComposer },
    {
      code: 'Enter',
      run: event => {
        // Enter activates a focused row or button.
        if (event.target instanceof HTMLElement && event.target.closest('a, button')) event.target.click()
        else focusComposer()
      },
    },
    ...(isOpen
      ? [
          // After each run the next conversation is open.
          { code: 'KeyE', once: true, run: onArchive },
          { code: 'KeyT', run: () => setDialog('task') },
          { code: 'Escape', run: () => go(hrefOf(null)) },
        ]
      : []),
  ])
  usePreload(Conversation, Card, CardDrawer, NewMessage, TaskDialog)
  useFocusOnReturn(contactId, isPhone ?? false)
  useFullScreen(isOpen)

  return (
    <main className="split inbox" data-open={isOpen || undefined}>
      <h1 className="vh">
        <Trans>פניות</Trans>
      </h1>
      <ThreadList
        filter={filter}
        setFilter={next => go(addressOf(contactId, next, q))}
        current={contactId}
        hrefOf={hrefOf}
        onNew={() => setDialog('new')}
        onOrder={onOrder}
      />
      {contactId !== null ? (
        <Conversation
          contactId={contactId}
          onArchive={onArchive}
          onTask={() => setDialog('task')}
          onCard={() => setDialog('card')}
          onMerged={onMerged}
        />
      ) : (
        <section className="pane conv desk-only" aria-label={t`שיחה`}>
          <EmptyState title={<Trans>בחרו פנייה מהרשימה</Trans>}>
            <Trans>
              <kbd>J</kbd> ו־<kbd>K</kbd> עוברים בין הפניות, <kbd>R</kbd> לתשובה, <kbd>E</kbd> לארכיון, <kbd>T</kbd>{' '}
              למשימה.
            </Trans>
          </EmptyState>
        </section>
      )}
      {isWide && contactId !== null && contact.data && (
        <aside className="pane side" aria-label={t`כרטיס לקוח`}>
          <Card contact={contact.data} onTask={() => setDialog('task')} />
        </aside>
      )}
      {!isWide && hasCard && contact.data && (
        <CardDrawer
          isOpen={dialog === 'card'}
          contact={contact.data}
          onTask={() => setDialog('task')}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog && <BackCloses close={() => setDialog(null)} />}
      {dialog === 'task' && contactId !== null && !contact.isGone && (
        <TaskDialog contactId={contactId} name={name ?? ''} onClose={() => setDialog(null)} />
      )}
      {dialog === 'new' && <NewMessage onClose={() => setDialog(null)} onFound={id => go(hrefOf(id))} />}
    </main>
  )
}

/** `q` are the words of the search in the list. */
function addressOf(contactId: number | null, filter: InboxFilter, q: string | null): string {
  const query = changed(new URLSearchParams(), { filter: filter === 'all' ? null : filter, q }).toString()
  return `/app/inbox${contactId === null ? '' : `/${contactId}`}${query && `?${query}`}`
}

function focusComposer(): void {
  document.querySelector<HTMLTextAreaElement>('.write textarea')?.focus()
}

function useFocusOnReturn(contactId: number | null, isPhone: boolean) {
  const last = useRef<number>(undefined)
  useEffect(() => {
    if (contactId !== null) last.current = contactId
    else if (isPhone && last.current !== undefined) {
      const row = document.querySelector<HTMLElement>(`[data-contact="${last.current}"]`)
      row?.focus({ preventScroll: false })
    }
  }, [contactId, isPhone])
}

/** While `isFull` is true, the page fills a phone's screen below the strips (`html[data-full]` in the styles). */
function useFullScreen(isFull: boolean): void {
  useLayoutEffect(() => {
    if (!isFull) return
    document.documentElement.dataset.full = ''
    return () => {
      delete document.documentElement.dataset.full
    }
  }, [isFull])
}
