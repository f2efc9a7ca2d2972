import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { apiQuery } from '#shared/api/query'
import { Confirm } from '#shared/components/Confirm'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Dot, Hidden, Time } from '#shared/components/text'
import { useSession } from '#shared/session'

export function UserSessions() {
  const query = useQuery(apiQuery('/api/users'))
  return (
    <section className="section">
      <h2>
        <Trans>משתמשים</Trans>
      </h2>
      <Loaded query={query} skeleton={<SkeletonRows count={2} />}>
        {({ items }) => (
          <ul className="entries">
            {items.map(user => (
              <UserLine key={user.id} user={user} />
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  )
}

function UserLine({ user }: { user: Schemas['User'] }) {
  const { t } = useLingui()
  const me = useSession().user
  const end = useAction({
    run: () => unwrap(client.DELETE('/api/users/{id}/sessions', { params: { path: { id: user.id } } })),
    done: () => t`הכניסות הסתיימו`,
  })
  return (
    <li>
      <div className="grow">
        <p className="strong">
          <bdi>{user.name}</bdi>
        </p>
        <p className="small muted">
          {user.role === 'owner' ? <Trans>בעלים</Trans> : <Trans>צוות</Trans>}
          {user.last_login_at && (
            <>
              <Dot />
              <Trans>
                כניסה אחרונה <Time at={user.last_login_at} style="full" />
              </Trans>
            </>
          )}
        </p>
      </div>
      {user.id !== me?.id && (
        <Confirm
          button={
            <>
              <Trans>סיום כל הכניסות</Trans>
              <Hidden> {user.name}</Hidden>
            </>
          }
          question={<Trans>לסיים את הכניסות בכל המכשירים?</Trans>}
          onConfirm={() => end.mutate()}
        />
      )}
    </li>
  )
}
