import { Trans, useLingui } from '@lingui/react/macro'
import { IconNote } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Fragment, useMemo, useState } from 'react'
import { Icon } from '#shared/components/Icon'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { Dot } from '#shared/components/text'
import { isKept } from '#shared/draft'
import { useNow } from '#shared/format/clock'
import { useLocale } from '#shared/i18n/locale'
import { useShortcuts } from '#shared/keys'
import { NoteForm, newNoteDraft } from '#shared/notes/NoteForm'
import { useFormat } from '#shared/session'
import { type TimelineFilter, useTimelineFilters } from '#shared/timeline-filter'
import { type ContactDetail, itemsOf, type TimelineItem, timelinePages } from './api'
import { refreshNotes } from './NoteEntry'
import { TimelineEntry } from './TimelineEntry'
import { daysOf, keyOf, type NoteEdits, withoutShown } from './timeline'

export function Timeline({ contact }: { contact: ContactDetail }) {
  const { t } = useLingui()
  const [filter, setFilter] = useState<TimelineFilter>('all')
  const [isWriting, setWriting] = useState(() => isKept(newNoteDraft(contact.id)))
  const query = useInfiniteQuery(timelinePages(contact.id, filter))
  useShortcuts([{ code: 'KeyN', run: () => setWriting(true) }])
  const choices = useTimelineFilters()
  return (
    <section className="pane timeline" aria-label={t`ציר הזמן`}>
      <div className="head">
        <h2 className="wide-only nowrap">
          <Trans>ציר הזמן</Trans>
        </h2>
        <div className="filters grow" role="group" aria-label={t`סינון`}>
          {choices.map(([value, text]) => (
            <button key={value} type="button" aria-pressed={filter === value} onClick={() => setFilter(value)}>
              {text}
            </button>
          ))}
        </div>
        <button className="btn" type="button" aria-keyshortcuts="N" onClick={() => setWriting(!isWriting)}>
          <Icon icon={IconNote} />
          <Trans>הערה</Trans>
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <section className="scroll" tabIndex={0} aria-label={t`אירועים`}>
        {isWriting && <NoteForm contactId={contact.id} refresh={refreshNotes} close={() => setWriting(false)} />}
        <Loaded
          query={query}
          skeleton={<SkeletonRows count={8} height={66} />}
          title={<Trans>ציר הזמן לא נטען. הכול שמור</Trans>}
        >
          {data => (
            <>
              <Days
                key={filter}
                items={itemsOf<TimelineItem>(data)}
                isAll={!query.hasNextPage}
                filter={filter}
                contact={contact}
              />
              {query.hasNextPage && (
                <p className="more">
                  <button
                    className="btn quiet"
                    type="button"
                    disabled={query.isFetchingNextPage}
                    onClick={() => void query.fetchNextPage()}
                  >
                    <Trans>מה שהיה קודם</Trans>
                  </button>
                </p>
              )}
            </>
          )}
        </Loaded>
      </section>
    </section>
  )
}

interface DaysProps {
  items: TimelineItem[]
  /** Whether `items` contains all entries of the contact that match the filter. */
  isAll: boolean
  filter: TimelineFilter
  contact: ContactDetail
}

function Days({ items, isAll, filter, contact }: DaysProps) {
  const format = useFormat()
  const now = useNow()
  const locale = useLocale()
  // The notes whose form is open. If another user deletes such a note, the form stays, with the text.
  const [edited, setEdited] = useState<ReadonlyMap<number, TimelineItem>>(new Map())
  const missing = useMemo(() => withoutShown(edited, items), [edited, items])
  const days = useMemo(() => daysOf([...items, ...missing], at => format.day(at)), [items, missing, format])
  const edits: NoteEdits = {
    isEdited: ({ id }) => edited.has(id),
    isGone: ({ id }) => missing.some(({ at, note }) => note?.id === id && (isAll || items.some(item => item.at < at))),
    edit: (note, item) => setEdited(known => new Map([...known, [note.id, item]])),
    close: ({ id }) => setEdited(known => new Map([...known].filter(([other]) => other !== id))),
  }
  if (days.length === 0) {
    return (
      <EmptyState title={filter === 'all' ? <Trans>עוד לא קרה דבר</Trans> : <Trans>אין כאן כאלה</Trans>}>
        <Trans>שיחות, הודעות, תורים והערות של הלקוח נכנסים לכאן לבד, החדש למעלה.</Trans>
      </EmptyState>
    )
  }
  return (
    <ol className="ledger tlwrap">
      {days.map(({ day, entries }) => {
        const at = entries[0]?.item.at ?? ''
        const [name, long] = [format.dayName(at, now), format.longDate(at)]
        return (
          <Fragment key={day}>
            <li className="d">
              <span className="at" />
              <div className="it">
                <h3>
                  {name}{' '}
                  <span className="faint">
                    {long.startsWith(name) ? format.date(at, now) : name !== format.date(at, now) && long}
                    {locale === 'he' && (
                      <>
                        <Dot />
                        {format.hebrewDate(at)}
                      </>
                    )}
                  </span>
                </h3>
              </div>
            </li>
            {entries.map(entry => (
              <TimelineEntry key={keyOf(entry.item)} entry={entry} contact={contact} edits={edits} />
            ))}
          </Fragment>
        )
      })}
    </ol>
  )
}
