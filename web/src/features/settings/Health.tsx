import { useLingui as useTexts } from '@lingui/react'
import { Trans } from '@lingui/react/macro'
import { IconAlertTriangle, IconRefresh } from '@tabler/icons-react'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery, queryClient } from '#shared/api/query'
import { CHECK_NAMES } from '#shared/check-names'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Problem } from '#shared/components/Problem'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Ltr, Time } from '#shared/components/text'
import { type Locale, useLocale } from '#shared/i18n/locale'
import { useSession } from '#shared/session'
import { useTarget } from '#shared/target'
import { Findings } from './Findings'
import { Version } from './Version'

export function Health() {
  return (
    <>
      <SelfCheck />
      <Database />
      <Version />
    </>
  )
}

const SELF_CHECK = '/api/self-check'

const selfCheckQuery = (locale: Locale) =>
  queryOptions({
    queryKey: [SELF_CHECK, { locale }] as const,
    queryFn: ({ signal }) =>
      unwrap(client.GET(SELF_CHECK, { params: { header: { 'Accept-Language': locale } }, signal })),
  })

function SelfCheck() {
  const { isOwner } = useSession()
  const [waitsSince, setWaits] = useState<string | null>()
  const isRunning = waitsSince !== undefined
  const query = useQuery(selfCheckQuery(useLocale()))
  const began = query.data?.last?.began_at ?? null
  useEffect(() => {
    if (isRunning && query.data && began !== waitsSince) setWaits(undefined)
  }, [isRunning, query.data, began, waitsSince])
  const start = useAction({
    run: () => unwrap(client.POST('/api/self-check')),
    onDone: () => {
      setWaits(began)
      void queryClient.invalidateQueries({ queryKey: [SELF_CHECK] })
    },
  })
  return (
    <section>
      <h2 className="grp">
        <Trans>הבדיקה האחרונה</Trans>
      </h2>
      <Loaded query={query} skeleton={<SkeletonRows count={6} height={52} />}>
        {({ last }) => (last ? <LastCheck check={last} /> : <NoCheck />)}
      </Loaded>
      {isOwner && (
        <div className="check-now">
          <button className="btn" type="button" disabled={isRunning || start.isPending} onClick={() => start.mutate()}>
            <Icon icon={IconRefresh} size="s" />
            {isRunning ? <Trans>בודק… זה לוקח עד דקה</Trans> : <Trans>לבדוק עכשיו</Trans>}
          </button>
        </div>
      )}
    </section>
  )
}

function NoCheck() {
  return (
    <p className="muted">
      <Trans>עוד לא נעשתה בדיקה. היא רצה בכל לילה, ובודקת שיחות, הודעות, דיסק וגיבויים.</Trans>
    </p>
  )
}

function LastCheck({ check }: { check: Schemas['SelfCheck'] }) {
  const { i18n } = useTexts()
  const nameOf = (name: string) => {
    const known = CHECK_NAMES[name]
    return known ? i18n._(known) : name
  }
  return (
    <>
      <p className={check.ok ? 'link-state ok' : 'link-state bad'}>
        {check.ok ? <Trans>הכול תקין</Trans> : <Trans>יש מה לתקן</Trans>}
        <span className="small muted">
          <Time at={check.ended_at} style="full" />
        </span>
      </p>
      <Findings
        findings={check.findings.map(({ check, state, found, remedy }) => ({
          status: state,
          title: nameOf(check),
          text: found,
          remedy,
        }))}
      />
    </>
  )
}

function Database() {
  const query = useQuery(apiQuery('/api/database'))
  return (
    <section>
      <h2 className="grp" {...useTarget<HTMLHeadingElement>('database')}>
        <Trans>מסד הנתונים</Trans>
      </h2>
      <Loaded query={query} skeleton={<SkeletonRows count={2} height={52} />}>
        {({ notice, held, backfills, published }) => {
          const running = backfills.filter(({ finished_at }) => !finished_at)
          const state = String((published as { state?: unknown }).state ?? '')
          return (
            <>
              {(notice || held.length > 0) && (
                <Problem
                  icon={IconAlertTriangle}
                  title={<Trans>ההפעלה האחרונה צריכה החלטה שלכם</Trans>}
                  action={
                    <Link className="btn" href="/app/problems">
                      <Trans>לתקלות</Trans>
                    </Link>
                  }
                >
                  {notice?.reason && <bdi>{notice.reason}</bdi>}
                </Problem>
              )}
              <dl className="kv">
                <dt>
                  <Trans>העותק לקריאה</Trans>
                </dt>
                <dd>{state === 'current' ? <Trans>עדכני</Trans> : <Ltr>{state || '—'}</Ltr>}</dd>
                <dt>
                  <Trans>עבודות רקע</Trans>
                </dt>
                <dd>
                  {running.length === 0 ? <Trans>אין</Trans> : <Ltr>{running.map(({ name }) => name).join(', ')}</Ltr>}
                </dd>
              </dl>
            </>
          )
        }}
      </Loaded>
    </section>
  )
}
