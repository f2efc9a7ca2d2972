import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery, queryClient } from '#shared/api/query'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Dot, Hidden, Time } from '#shared/components/text'
import { useTarget } from '#shared/target'

const sessions = apiQuery('/api/sessions')
const refresh = () => void queryClient.invalidateQueries({ queryKey: sessions.queryKey })

export function Sessions() {
  const { t } = useLingui()
  const query = useQuery(sessions)
  const endOthers = useAction({
    run: () => unwrap(client.DELETE('/api/sessions')),
    done: () => t`הכניסות האחרות הסתיימו`,
    onDone: refresh,
  })
  return (
    <section className="section">
      <h2 {...useTarget<HTMLHeadingElement>('sessions')}>
        <Trans>כניסות פעילות</Trans>
      </h2>
      <Loaded query={query} skeleton={<SkeletonRows count={2} />}>
        {({ items }) => (
          <>
            <ul className="entries">
              {items.map(item => (
                <SessionLine key={item.id} session={item} />
              ))}
            </ul>
            {items.length > 1 && (
              <div>
                <button className="btn" type="button" disabled={endOthers.isPending} onClick={() => endOthers.mutate()}>
                  <Trans>סיום כל הכניסות האחרות</Trans>
                </button>
              </div>
            )}
          </>
        )}
      </Loaded>
    </section>
  )
}

function SessionLine({ session }: { session: Schemas['SessionItem'] }) {
  const { t } = useLingui()
  const device = deviceName(session.user_agent) ?? t`דפדפן לא מזוהה`
  const end = useAction({
    run: () => unwrap(client.DELETE('/api/sessions/{id}', { params: { path: { id: session.id } } })),
    onDone: refresh,
  })
  return (
    <li>
      <div className="grow">
        <p className="strong">
          <bdi>{device}</bdi>{' '}
          {session.is_current && (
            <span className="chip ok">
              <Trans>הדפדפן הזה</Trans>
            </span>
          )}
        </p>
        <p className="small muted">
          <Trans>
            מאז <Time at={session.created_at} style="full" />
          </Trans>
          <Dot />
          <Trans>
            שימוש אחרון <Time at={session.last_seen_at} style="ago" />
          </Trans>
        </p>
      </div>
      {!session.is_current && (
        <button className="btn" type="button" disabled={end.isPending} onClick={() => end.mutate()}>
          <Trans>סיום</Trans>
          <Hidden> {device}</Hidden>
        </button>
      )}
    </li>
  )
}

const BROWSERS: readonly [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]

const SYSTEMS: readonly [RegExp, string][] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'Mac'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
]

/** Returns a name such as «Chrome · Windows», or else the shortened text; undefined if the text is empty. */
function deviceName(userAgent: string): string | undefined {
  const find = (list: readonly [RegExp, string][]) => list.find(([pattern]) => pattern.test(userAgent))?.[1]
  const parts = [find(BROWSERS), find(SYSTEMS)].filter(Boolean)
  return parts.length > 0 ? parts.join(' · ') : userAgent.slice(0, 60) || undefined
}
