import { Trans, useLingui } from '@lingui/react/macro'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useState } from 'react'
import { BackCloses } from '#shared/components/BackCloses'
import { Icon } from '#shared/components/Icon'
import { More } from '#shared/components/More'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { useReturnFocus } from '#shared/opener'
import type { UrlChange } from '#shared/url'
import { useWaitingList, type WaitingEntry } from './data'
import { WaitingForm } from './WaitingForm'
import { WaitingRow } from './WaitingRow'

/** On narrow screens, the list replaces the calendar. */
export function WaitingList({ change }: { change: (change: UrlChange) => void }) {
  const { t } = useLingui()
  useReturnFocus()
  const { entries, error, refetch, hasNextPage, fetchNextPage } = useWaitingList()
  const [edited, edit] = useState<WaitingEntry | 'new' | null>(null)
  const add = (
    <button className="btn" type="button" onClick={() => edit('new')}>
      <Icon icon={IconPlus} size="s" />
      <Trans>הוספה לרשימה</Trans>
    </button>
  )
  return (
    <section className="waiting" aria-labelledby="waiting-list">
      <div className="row waiting-head">
        <h2 id="waiting-list" className="grow">
          <Trans>רשימת המתנה</Trans>
        </h2>
        {entries && entries.length > 0 && add}
        <button
          className="btn quiet icon"
          type="button"
          aria-label={t`סגירת רשימת ההמתנה`}
          onClick={() => change({ waiting: null })}
        >
          <Icon icon={IconX} />
        </button>
      </div>
      <Loaded
        query={{ data: entries, error, refetch }}
        skeleton={<SkeletonRows count={4} height={112} />}
        title={<Trans>רשימת ההמתנה לא נטענה. מי שמחכה עדיין רשום</Trans>}
      >
        {entries =>
          entries.length === 0 ? (
            <EmptyState title={<Trans>אף אחד לא מחכה לתור</Trans>} action={add}>
              <Trans>
                מי שלא מצא שעה נרשם כאן: הסוכן מוסיף מתוך שיחה, ואפשר להוסיף גם ביד. כשמתפנה שעה שמתאימה, היא תופיע ליד
                השם.
              </Trans>
            </EmptyState>
          ) : (
            <>
              <ul>
                {entries.map(entry => (
                  <WaitingRow
                    key={entry.id}
                    entry={entry}
                    edit={() => edit(entry)}
                    book={() => change({ new: 1, contact: entry.contact_id, waiter: entry.id })}
                  />
                ))}
              </ul>
              {hasNextPage && (
                <More run={() => void fetchNextPage()}>
                  <Trans>עוד</Trans>
                </More>
              )}
            </>
          )
        }
      </Loaded>
      {edited && <BackCloses close={() => edit(null)} />}
      {edited && <WaitingForm entry={edited === 'new' ? null : edited} close={() => edit(null)} />}
    </section>
  )
}
