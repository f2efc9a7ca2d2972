import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery, queryClient } from '#shared/api/query'
import { Confirm } from '#shared/components/Confirm'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Dot, Hidden, Time } from '#shared/components/text'
import { useTarget } from '#shared/target'
import { NewToken } from './NewToken'

const tokens = apiQuery('/api/tokens')
const refresh = () => void queryClient.invalidateQueries({ queryKey: tokens.queryKey })

export function Tokens() {
  const query = useQuery(tokens)
  return (
    <section className="section">
      <h2 {...useTarget<HTMLHeadingElement>('tokens')}>
        <Trans>אסימוני API</Trans>
      </h2>
      <p className="muted">
        <Trans>לתוכנות שמתחברות למכונה. האסימון מוצג פעם אחת, כשהוא נוצר.</Trans>
      </p>
      <Loaded query={query} skeleton={<SkeletonRows count={2} />}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">
              <Trans>אין אסימונים.</Trans>
            </p>
          ) : (
            <ul className="entries">
              {items.map(token => (
                <TokenLine key={token.id} token={token} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <NewToken onCreated={refresh} />
    </section>
  )
}

function TokenLine({ token }: { token: Schemas['ApiToken'] }) {
  const { t } = useLingui()
  const revoke = useAction({
    run: () => unwrap(client.DELETE('/api/tokens/{id}', { params: { path: { id: token.id } } })),
    done: () => t`האסימון בוטל`,
    onDone: refresh,
  })
  const maker = token.user_name ?? (token.created_by === 'cli' ? t`שורת הפקודה` : (token.created_by ?? t`לא ידוע`))
  return (
    <li>
      <div className="grow">
        <p className="strong">
          <bdi>{token.name}</bdi>{' '}
          <span className="chip">{token.role === 'owner' ? <Trans>בעלים</Trans> : <Trans>צוות</Trans>}</span>
        </p>
        <p className="small muted">
          <Trans>
            נוצר בידי <bdi>{maker}</bdi>, <Time at={token.created_at} style="date" />
          </Trans>
          <Dot />
          {token.last_used_at ? (
            <Trans>
              שימוש אחרון <Time at={token.last_used_at} style="ago" />
            </Trans>
          ) : (
            <Trans>לא נוצל</Trans>
          )}
          <Dot />
          {token.expires_at ? (
            <Trans>
              בתוקף עד <Time at={token.expires_at} style="date" />
            </Trans>
          ) : (
            <Trans>ללא תפוגה</Trans>
          )}
        </p>
      </div>
      <Confirm
        button={
          <>
            <Trans>ביטול האסימון</Trans>
            <Hidden> {token.name}</Hidden>
          </>
        }
        question={<Trans>תוכנה שמשתמשת באסימון תפסיק לעבוד.</Trans>}
        onConfirm={() => revoke.mutate()}
      />
    </li>
  )
}
