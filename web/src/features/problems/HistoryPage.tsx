import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { IconAlertTriangle, IconArrowLeft, IconBell, IconBellOff, IconCheck, IconMail } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Schemas } from '#shared/api/client'
import { apiPages } from '#shared/api/query'
import { Icon, type IconGlyph } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { More } from '#shared/components/More'
import { EmptyState, Loaded, SkeletonRows } from '#shared/components/states'
import { Dot, Time } from '#shared/components/text'
import { useNow } from '#shared/format/clock'
import { useLocale } from '#shared/i18n/locale'
import { useFormat } from '#shared/session'
import './problems.css'

type Event = Schemas['AlertEventItem']

const pages = apiPages('/api/alerts/history', { query: { limit: 100 } })

export default function HistoryPage() {
  const { t } = useLingui()
  useDocumentTitle(t`תקלות שהיו`)
  const query = useInfiniteQuery(pages)
  return (
    <div className="page-scroll" tabIndex={-1}>
      <main className="page narrow">
        <Link className="btn quiet back" href="/app/problems">
          <Icon icon={IconArrowLeft} size="s" />
          <Trans>תקלות</Trans>
        </Link>
        <div className="page-head">
          <h1>
            <Trans>תקלות שהיו</Trans>
          </h1>
        </div>
        <p className="muted lead">
          <Trans>כל תקלה, מתי התחילה, מתי נפתרה, ואילו התראות נשלחו.</Trans>
        </p>
        <Loaded
          query={query}
          skeleton={<SkeletonRows count={8} height={48} />}
          title={<Trans>הרשימה לא נטענה. היא שמורה</Trans>}
        >
          {data => {
            const events = data.pages.flatMap(({ items }) => items)
            return events.length === 0 ? (
              <EmptyState title={<Trans>עוד לא הייתה תקלה</Trans>}>
                <Trans>כשמשהו ידרוש טיפול, הוא יופיע ברשימת התקלות, ואחרי שייפתר יישאר רשום כאן.</Trans>
              </EmptyState>
            ) : (
              <>
                <Days events={events} />
                {query.hasNextPage && (
                  <More run={() => void query.fetchNextPage()}>
                    <Trans>מה שהיה קודם</Trans>
                  </More>
                )}
              </>
            )
          }}
        </Loaded>
      </main>
    </div>
  )
}

function Days({ events }: { events: readonly Event[] }) {
  const format = useFormat()
  const now = useNow()
  const days = new Map<string, Event[]>()
  for (const event of events) {
    const day = format.day(event.at)
    days.set(day, [...(days.get(day) ?? []), event])
  }
  return (
    <>
      {[...days.values()].map(list => {
        const first = list[0]
        return (
          first && (
            <section key={first.at} className="section">
              <h2>{format.dayName(first.at, now)}</h2>
              <ul className="entries alert-events">
                {list.map(event => (
                  <Line key={event.id} event={event} raised={raisedBefore(events, event)} />
                ))}
              </ul>
            </section>
          )
        )
      })}
    </>
  )
}

/** Null for other events than the end of a problem, and if the start is not loaded. `events` are newest first. */
function raisedBefore(events: readonly Event[], { id, kind, transition, channel }: Event): string | null {
  if (transition !== 'cleared' || channel !== '') return null
  return events.find(one => one.id < id && one.kind === kind && one.transition === 'raised' && !one.channel)?.at ?? null
}

function Line({ event, raised }: { event: Event; raised: string | null }) {
  const locale = useLocale()
  const format = useFormat()
  // The headline has the page's language, also if it begins with a name in Latin letters.
  const headline = event.headline?.[locale]
  const name = headline ? <span className="strong">{headline}</span> : <bdi className="strong">{event.kind}</bdi>
  return (
    <li>
      <Icon icon={iconOf(event)} size="s" />
      <span className="grow">
        {event.channel ? (
          <SentNotification event={event} name={name} />
        ) : event.transition === 'raised' ? (
          <Trans>התחילה: {name}</Trans>
        ) : event.transition === 'cleared' ? (
          <>
            <Trans>נפתרה: {name}</Trans>
            {raised && (
              <span className="muted">
                <Dot />
                <Trans>
                  נמשכה {format.length(Math.max(1, Math.round((Date.parse(event.at) - Date.parse(raised)) / 60_000)))}
                </Trans>
              </span>
            )}
          </>
        ) : event.transition === 'muted' ? (
          <Trans>הושתקה: {name}</Trans>
        ) : event.transition === 'unmuted' ? (
          <Trans>ההשתקה בוטלה: {name}</Trans>
        ) : (
          <Trans>נמשכת: {name}</Trans>
        )}
      </span>
      <Time at={event.at} className="small faint" />
    </li>
  )
}

function SentNotification({ event: { channel, transition }, name }: { event: Event; name: ReactNode }) {
  const by =
    channel === 'mail' ? (
      <Trans>במייל</Trans>
    ) : channel === 'whatsapp' ? (
      <Trans>ב־WhatsApp</Trans>
    ) : (
      <bdi>{channel}</bdi>
    )
  return transition === 'cleared' ? (
    <Trans>
      נשלחה הודעה {by} שנפתרה: {name}
    </Trans>
  ) : (
    <Trans>
      נשלחה התראה {by}: {name}
    </Trans>
  )
}

const iconOf = ({ channel, transition }: Event): IconGlyph => {
  if (channel) return IconMail
  if (transition === 'cleared') return IconCheck
  if (transition === 'muted') return IconBellOff
  if (transition === 'unmuted') return IconBell
  return IconAlertTriangle
}
