import { Trans, useLingui } from '@lingui/react/macro'
import { useEffect, useMemo, useRef, useState } from 'react'
import { Link } from '#shared/components/Link'
import { EmptyState, ErrorState, SkeletonRows } from '#shared/components/states'
import { isolate } from '#shared/format/bidi'
import { formatPhone } from '#shared/format/phone'
import { useShortcuts } from '#shared/keys'
import { useCountry, useFormat, useSession } from '#shared/session'
import type { TimelineFilter } from '#shared/timeline-filter'
import { Announcer } from './Announcer'
import { type Contact, call } from './api'
import { Composer } from './composer/Composer'
import { forgetContact } from './forget-contact'
import { Header } from './Header'
import { numberOf, recipientOf, unreadOf, whatsappOf } from './model/person'
import { canReply, focusedMessage, isDeleted, replyTo, useReply } from './model/reply'
import { newestAnswer, type Row, rowsOf } from './model/rows'
import { type Outgoing, outbox, useOutgoing } from './outbox'
import { useContact } from './queries'
import { Bubble } from './timeline/Bubble'
import { CallCard } from './timeline/CallCard'
import { Entries } from './timeline/Entries'
import { Filtered } from './timeline/Filtered'
import { Line } from './timeline/Lines'
import { OutgoingBubble } from './timeline/OutgoingBubble'
import { useTarget } from './timeline/useTarget'
import { type TimelineState, useTimeline } from './timeline/useTimeline'
import { useMerged } from './use-merged'

interface Props {
  contactId: number
  onArchive: () => void
  onTask: () => void
  onCard: () => void
  /** The contact was merged into another one, whose id it gets. */
  onMerged: (id: number) => void
}

export function Conversation(props: Props) {
  const { t } = useLingui()
  const { contactId } = props
  const contact = useContact(contactId)
  const { isGone } = contact
  useEffect(() => {
    if (isGone) forgetContact(contactId)
  }, [isGone, contactId])
  const shown = useMerged(contactId, contact.data, props.onMerged)
  if (shown) return <Open key={contactId} {...props} contact={shown} />
  return (
    <section className="pane conv" aria-label={t`שיחה`}>
      {contact.error ? (
        <ErrorState
          error={contact.error}
          title={<Trans>הפנייה לא נטענה. היא נשמרת כרגיל</Trans>}
          missing={{
            title: <Trans>הפנייה לא נמצאה. ייתכן שהלקוח נמחק</Trans>,
            action: (
              <Link className="btn" href="/app/inbox">
                <Trans>לכל הפניות</Trans>
              </Link>
            ),
          }}
          retry={() => void contact.refetch()}
        />
      ) : (
        <SkeletonRows count={9} height={72} />
      )}
    </section>
  )
}

function Open({ contact, contactId, onArchive, onTask, onCard }: Props & { contact: Contact }) {
  const { t } = useLingui()
  const format = useFormat()
  const country = useCountry()
  const timeline = useTimeline(
    contactId,
    contact.threads.map(({ id }) => id),
  )
  const outgoing = useOutgoing(contactId)
  const own = useSession().user?.id
  const [unread] = useState(() => ({ count: unreadOf(contact) }))
  const until = useFirst(timeline.newest?.at(-1)?.at)
  const { hasOlder, hasNewer } = timeline
  const rows = useMemo(
    () =>
      timeline.items &&
      rowsOf({
        items: timeline.items,
        hasOlder,
        // Far back, there are no entries at the end.
        outgoing: hasNewer ? [] : outgoing,
        unread: hasNewer ? 0 : unread.count,
        unreadUntil: until,
        dayOf: at => format.day(at),
      }),
    [timeline.items, hasOlder, hasNewer, outgoing, unread, until, format],
  )
  useForgetShown(timeline.newest)
  useMarkRead(contact, timeline.newest?.at(-1)?.at)

  const { target, found, jumpTo } = useTarget(timeline.reach, timeline.items !== undefined)
  useToEndAfterSending(outgoing, timeline.toNewest)
  const [filter, setFilter] = useState<TimelineFilter>('all')
  // The filter is removed, so that the entry to which a link or a quote leads is visible.
  useEffect(() => {
    if (target !== null) setFilter('all')
  }, [target])
  const [reply, setReply] = useReply(contactId)
  const isReplyDeleted = reply !== null && isDeleted(reply, timeline.items ?? [])
  useEffect(() => {
    if (isReplyDeleted) setReply(null)
  }, [isReplyDeleted, setReply])
  useShortcuts([
    {
      code: 'KeyR',
      when: () => focusedMessage() !== null,
      run: () => {
        const id = focusedMessage()
        const message = timeline.items?.find(item => item.message?.id === id)?.message
        if (message && canReply(message)) setReply(replyTo(message))
      },
    },
  ])
  const [returned, setReturned] = useState<Outgoing | null>(null)
  const number = numberOf(contact)
  const name = contact.display_name.trim() || (number ? formatPhone(number, country) : t`הלקוח`)
  const thread = whatsappOf(contact)
  const to = recipientOf(contact)
  const person = { id: contactId, name, to }

  const draw = (row: Row) => {
    if (row.type === 'outgoing') {
      return (
        <OutgoingBubble
          entry={row.entry}
          threadId={thread?.id ?? null}
          canSend={to !== null}
          onTakeBack={setReturned}
        />
      )
    }
    if (row.type !== 'item') return null
    const { message, call } = row.item
    if (message) {
      return (
        <Bubble
          message={message}
          isNext={row.isNext}
          isLast={row.isLast}
          contact={person}
          isFound={row.key === found}
          onJump={jumpTo}
          onReply={setReply}
        />
      )
    }
    return call ? <CallCard call={call} number={number} /> : <Line item={row.item} isFound={row.key === found} />
  }

  return (
    <section className="pane conv" aria-label={t`השיחה עם ${isolate(name)}`}>
      <Header
        contact={contact}
        number={number}
        filter={filter}
        onFilter={setFilter}
        onArchive={onArchive}
        onTask={onTask}
        onCard={onCard}
      />
      {filter === 'all' ? (
        <Entries
          timeline={timeline}
          rows={rows}
          draw={draw}
          target={target}
          since={contact.created_at}
          empty={
            <EmptyState title={<Trans>עוד לא דיברתם</Trans>}>
              <Trans>כל הודעה ושיחה עם הלקוח תופיע כאן, בקו זמן אחד.</Trans>
            </EmptyState>
          }
        />
      ) : (
        <Filtered key={filter} contact={contact} filter={filter} onFilter={setFilter} draw={draw} />
      )}
      <Announcer items={timeline.newest} name={name} />
      <Composer
        contact={contact}
        name={name}
        answer={timeline.newest && newestAnswer(timeline.newest, own)}
        isSending={outgoing.some(({ state }) => state === 'held')}
        returned={returned}
        onReturned={() => setReturned(null)}
        reply={reply}
        onReply={setReply}
      />
    </section>
  )
}

/** The first defined value of all renders; null until there is one. */
function useFirst(value: string | undefined): string | null {
  const first = useRef<string>(undefined)
  first.current ??= value
  return first.current ?? null
}

/** An own message is shown at the end, so the end is shown after sending. */
function useToEndAfterSending(outgoing: readonly Outgoing[], toNewest: () => void) {
  const newest = outgoing.at(-1)?.key
  const before = useRef(newest)
  useEffect(() => {
    if (newest !== undefined && newest !== before.current) toNewest()
    before.current = newest
  }, [newest, toNewest])
}

function useForgetShown(items: TimelineState['newest']) {
  useEffect(() => {
    if (items) outbox.shown(new Set(items.flatMap(({ message }) => message?.id ?? [])))
  }, [items])
}

/** A conversation counts as read only after this time on the screen, in ms. */
const MARK_READ_DELAY_MS = 600

function useMarkRead(contact: Contact, newest: string | undefined): void {
  const isVisible = useVisible()
  const { id } = contact
  const isFresh = unreadOf(contact) > 0 || contact.threads.some(({ turn }) => turn === 'agent')
  // biome-ignore lint/correctness/useExhaustiveDependencies: what arrives is read as well
  useEffect(() => {
    if (!isVisible || !isFresh) return
    const timer = setTimeout(() => {
      call('POST', '/api/inbox/{contact_id}/read', { params: { path: { contact_id: id } } }).catch(() => undefined)
    }, MARK_READ_DELAY_MS)
    return () => clearTimeout(timer)
  }, [id, isVisible, isFresh, newest])
}

function useVisible(): boolean {
  const [isVisible, setVisible] = useState(document.visibilityState === 'visible')
  useEffect(() => {
    const listen = () => setVisible(document.visibilityState === 'visible')
    document.addEventListener('visibilitychange', listen)
    return () => document.removeEventListener('visibilitychange', listen)
  }, [])
  return isVisible
}
