import { Plural, Trans } from '@lingui/react/macro'
import { IconHourglass, IconPencil } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useFetchAgain } from '#shared/api/aging'
import { allPages, useAllPages } from '#shared/api/all-pages'
import type { Schemas } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import { isUnseen } from '#shared/appointment'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { Dot, Ltr, Name } from '#shared/components/text'
import { useNow } from '#shared/format/clock'
import { useLocale } from '#shared/i18n/locale'
import { useFormat } from '#shared/session'

const HOUR_MS = 3_600_000

export const waitingListPages = allPages('/api/waiting-list')
/** Each entry contains the first free time that suits, if there is one. */
export const useWaitingList = () => useAllPages('/api/waiting-list')

export function DayPlan() {
  const format = useFormat()
  const locale = useLocale()
  const now = useNow()
  const day = format.day(now)
  const days = useQuery(apiQuery('/api/calendar/days', { query: { from: day, to: day } }))
  // The range of 26 hours before and after noon UTC covers today in every time zone. Only today's appointments are
  // shown.
  const noon = Date.parse(`${day}T12:00:00Z`)
  const query = useAllPages('/api/appointments', {
    from: new Date(noon - 26 * HOUR_MS).toISOString(),
    to: new Date(noon + 26 * HOUR_MS).toISOString(),
  })
  const info = days.data?.days[0]
  return (
    <section aria-labelledby="plan">
      <Loaded
        query={query}
        skeleton={<SkeletonRows count={6} height={52} />}
        title={<Trans>התורים לא נטענו. הם שמורים</Trans>}
      >
        {({ items }) => {
          const today = items
            .filter(one => one.state !== 'cancelled' && format.day(one.starts_at) === day)
            .sort((a, b) => a.starts_at.localeCompare(b.starts_at))
          const unseen = today.filter(isUnseen).length
          return (
            <>
              <h2 id="plan" className="row">
                <Trans>תורים</Trans>
                {today.length > 0 && (
                  <span className="muted plan-count">
                    {today.length}
                    {unseen > 0 && (
                      <>
                        , <Plural value={unseen} one="אחד שלא ראית" two="שניים שלא ראית" other="# שלא ראית" />
                      </>
                    )}
                  </span>
                )}
                {info?.holiday && <span className="chip">{info.holiday.name[locale]}</span>}
              </h2>
              {today.length === 0 ? (
                <EmptyState
                  title={<Trans>אין תורים היום</Trans>}
                  action={
                    <Link className="btn" href="/calendar?new=1">
                      <Trans>לקבוע תור</Trans>
                    </Link>
                  }
                >
                  {info && info.open.length === 0 ? (
                    <Trans>היום סגור לפי שעות הפתיחה.</Trans>
                  ) : (
                    <Trans>מה שייקבע, ביד או על ידי הסוכן, יופיע כאן לפי השעה.</Trans>
                  )}
                </EmptyState>
              ) : (
                <ol className="ledger day-plan">
                  {today.map(one => (
                    <PlanRow key={one.id} appointment={one} now={now} />
                  ))}
                </ol>
              )}
              <WaitingListLine />
            </>
          )
        }}
      </Loaded>
    </section>
  )
}

function WaitingListLine() {
  const { data, refetch } = useWaitingList()
  useFetchAgain(
    data?.items.flatMap(({ free_slot }) => free_slot?.starts_at ?? []),
    refetch,
  )
  const able = data?.items.filter(({ free_slot }) => free_slot).length ?? 0
  if (able === 0) return null
  return (
    <Link className="btn link wraps" href="/calendar?waiting=1">
      <Icon icon={IconHourglass} size="s" />
      <Plural
        value={able}
        one="ברשימת ההמתנה: לאחד יש שעה פנויה שמתאימה"
        two="ברשימת ההמתנה: לשניים יש שעה פנויה שמתאימה"
        other="ברשימת ההמתנה: ל־# יש שעה פנויה שמתאימה"
      />
    </Link>
  )
}

function PlanRow({ appointment, now }: { appointment: Schemas['Appointment']; now: Date }) {
  const format = useFormat()
  const isPast = new Date(appointment.ends_at) < now
  const isCurrent = !isPast && new Date(appointment.starts_at) <= now
  const unseen = isUnseen(appointment)
  return (
    <li className={isPast ? 'past' : isCurrent ? 'now' : unseen ? 'ai' : ''}>
      <span className="at">
        <Ltr>{format.time(appointment.starts_at)}</Ltr>
      </span>
      <div className="it">
        <Link className="appt" href={`/calendar?appointment=${appointment.id}`}>
          <span className="grow">
            <b>
              <Name name={appointment.contact_name} number={appointment.contact_number ?? null} />
            </b>
            <span className="sub">
              <bdi>{appointment.service_name}</bdi>
              {appointment.resource_name && (
                <>
                  <Dot />
                  <bdi>{appointment.resource_name}</bdi>
                </>
              )}
            </span>
          </span>
          {isCurrent && (
            <span className="chip pen">
              <Trans>עכשיו</Trans>
            </span>
          )}
          {unseen && (
            <span className="chip pencil">
              <Icon icon={IconPencil} size="s" />
              <Trans>קבע הסוכן</Trans>
            </span>
          )}
        </Link>
      </div>
    </li>
  )
}
