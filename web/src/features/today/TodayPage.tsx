import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { answeringQuery } from '#shared/answering/useAnswering'
import { WhoAnswers } from '#shared/answering/WhoAnswers'
import { apiQuery, queryClient } from '#shared/api/query'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { useNow } from '#shared/format/clock'
import { useFormat } from '#shared/session'
import { DayPlan, useWaitingList, waitingListPages } from './DayPlan'
import { DueTasks, openTasks } from './DueTasks'
import { alerts, Problems } from './Problems'
import './today.css'
import { Dot } from '#shared/components/text'
import { WaitingRow } from './WaitingRow'

/**
 * The maximum number of waiting contacts shown, so that the tasks and the appointments stay visible. The inbox shows
 * all of them.
 */
const MAX_WAITING = 5

const waiting = apiQuery('/api/inbox', { query: { filter: 'waiting', limit: 20 } })
const counts = apiQuery('/api/threads/counts')

export const prefetch = () => [
  queryClient.prefetchQuery(waiting),
  queryClient.prefetchQuery(counts),
  queryClient.prefetchQuery(openTasks),
  queryClient.prefetchQuery(alerts),
  queryClient.prefetchQuery(answeringQuery),
  queryClient.prefetchInfiniteQuery(waitingListPages),
]

/** After this time the page is rendered with the data that has arrived, in ms. */
const DRAW_DELAY_MS = 1_000

/**
 * True once all lists of the page have their first response, or after a time limit. Rendering each list as it arrives
 * would shift the lists below it.
 */
function useFirstData(): boolean {
  const pending = [useQuery(waiting), useQuery(counts), useQuery(openTasks), useQuery(alerts), useWaitingList()].some(
    query => query.isPending,
  )
  const [isDrawn, setDrawn] = useState(!pending)
  useEffect(() => {
    const timer = setTimeout(() => setDrawn(true), pending ? DRAW_DELAY_MS : 0)
    return () => clearTimeout(timer)
  }, [pending])
  return isDrawn || !pending
}

export default function TodayPage() {
  const { t } = useLingui()
  useDocumentTitle(t`היום`)
  const format = useFormat()
  const now = useNow()
  const count = useQuery(counts)
  const isReady = useFirstData()
  return (
    <div className="page-scroll" tabIndex={-1}>
      <main className="page today-page">
        <div className="row top">
          <div className="grow">
            <h1>{format.longDate(now)}</h1>
            <p className="digest">
              <bdi>{format.hebrewDate(now)}</bdi>
              {isReady && count.data && (
                <>
                  <Dot />
                  <Plural
                    value={count.data.waiting}
                    _0="אין מי שמחכה לך"
                    one="פנייה אחת מחכה לך"
                    two="שתי פניות מחכות לך"
                    other="# פניות מחכות לך"
                  />
                  {count.data.agent > 0 && (
                    <>
                      <Dot />
                      <Plural
                        value={count.data.agent}
                        one="על פנייה אחת ענה הסוכן"
                        two="על שתי פניות ענה הסוכן"
                        other="על # פניות ענה הסוכן"
                      />
                    </>
                  )}
                </>
              )}
            </p>
          </div>
          <Link className="btn pen desk-only" href="/calendar?new=1">
            <Icon icon={IconPlus} />
            <Trans>תור חדש</Trans>
          </Link>
        </div>
        <WhoAnswers />
        {isReady ? <Lists waiting={count.data?.waiting ?? 0} /> : <SkeletonRows count={6} />}
      </main>
    </div>
  )
}

function Lists({ waiting: waits }: { waiting: number }) {
  const inbox = useQuery(waiting)
  return (
    <>
      <Problems />
      <div className="two-cols">
        <div className="col">
          <section aria-labelledby="waiting">
            <h2 id="waiting">
              <Trans>ממתינים לך</Trans>
              {waits > 0 && <span className="n num">{waits}</span>}
            </h2>
            <Loaded
              query={inbox}
              skeleton={<SkeletonRows count={3} height={66} />}
              title={<Trans>הפניות לא נטענו. הן נשמרות כרגיל</Trans>}
            >
              {({ items }) =>
                items.length === 0 ? (
                  <EmptyState title={<Trans>אין מי שמחכה לך</Trans>}>
                    <Trans>כל שיחה והודעה שצריכה תשובה שלך תופיע כאן לבד.</Trans>
                  </EmptyState>
                ) : (
                  <ul>
                    {items.slice(0, MAX_WAITING).map(row => (
                      <WaitingRow key={row.contact_id} row={row} />
                    ))}
                  </ul>
                )
              }
            </Loaded>
            {waits > MAX_WAITING && (
              <Link className="btn link" href="/app/inbox?filter=waiting">
                <Trans>לכל {waits} הפניות שמחכות</Trans>
              </Link>
            )}
          </section>
          <DueTasks />
        </div>
        <DayPlan />
      </div>
    </>
  )
}
