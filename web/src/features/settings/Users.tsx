import { Trans, useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { problemText } from '#shared/api/problem-text'
import { apiQuery, queryClient } from '#shared/api/query'
import { Confirm } from '#shared/components/Confirm'
import { PasswordField } from '#shared/components/field'
import { Link } from '#shared/components/Link'
import { useOwnPassword } from '#shared/components/own-password'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { Hidden, Time } from '#shared/components/text'
import { useSession } from '#shared/session'
import { useTarget } from '#shared/target'
import { ChangeRole } from './ChangeRole'
import { NewUser } from './NewUser'

/** The daemon's minimum password length, in characters. */
const MIN_PASSWORD = 10

const users = apiQuery('/api/users')
const refresh = () => void queryClient.invalidateQueries({ queryKey: users.queryKey })

export function Users() {
  const query = useQuery(users)
  return (
    <>
      <section>
        <h2 className="grp">
          <Trans>מי נכנס לכאן</Trans>
        </h2>
        <Loaded query={query} skeleton={<SkeletonRows count={3} height={64} />}>
          {({ items }) => (
            <ul className="entries">
              {items.map(user => (
                <UserLine key={user.id} user={user} />
              ))}
            </ul>
          )}
        </Loaded>
      </section>
      <section>
        <h2 className="grp" {...useTarget<HTMLHeadingElement>('new-user')}>
          <Trans>משתמש חדש</Trans>
        </h2>
        <NewUser onCreated={refresh} />
      </section>
      <section>
        <h2 className="grp">
          <Trans>כניסות ואסימונים</Trans>
        </h2>
        <p className="muted">
          <Trans>סיום כניסות בכל המכשירים, ואסימונים לתוכנות, נמצאים בחשבון שלכם.</Trans>
        </p>
        <Link className="btn" href="/app/account">
          <Trans>לחשבון שלי</Trans>
        </Link>
      </section>
    </>
  )
}

function UserLine({ user }: { user: Schemas['User'] }) {
  const { t } = useLingui()
  const me = useSession().user
  const [open, setOpen] = useState<'role' | 'password' | null>(null)
  const toggle = (form: 'role' | 'password') => setOpen(open === form ? null : form)
  const close = () => setOpen(null)
  const remove = useAction({
    run: () => unwrap(client.DELETE('/api/users/{id}', { params: { path: { id: user.id } } })),
    done: () => t`${user.name} לא יוכל להיכנס יותר`,
    onDone: refresh,
  })
  return (
    <li>
      <div className="grow">
        <p className="strong">
          <bdi>{user.name}</bdi>{' '}
          <span className="chip">{user.role === 'owner' ? <Trans>בעלים</Trans> : <Trans>צוות</Trans>}</span>
        </p>
        <p className="small muted">
          {user.last_login_at ? (
            <Trans>
              כניסה אחרונה <Time at={user.last_login_at} style="full" />
            </Trans>
          ) : (
            <Trans>עוד לא נכנס</Trans>
          )}
        </p>
      </div>
      {user.id === me?.id ? (
        <span className="small muted">
          <Trans>זה אתם</Trans>
        </span>
      ) : (
        <div className="row wrap">
          <button className="btn quiet" type="button" aria-expanded={open === 'role'} onClick={() => toggle('role')}>
            <Trans>הרשאה</Trans>
            <Hidden> {user.name}</Hidden>
          </button>
          <button
            className="btn quiet"
            type="button"
            aria-expanded={open === 'password'}
            onClick={() => toggle('password')}
          >
            <Trans>סיסמה חדשה</Trans>
            <Hidden> {user.name}</Hidden>
          </button>
          <Confirm
            button={
              <>
                <Trans>הסרה</Trans>
                <Hidden> {user.name}</Hidden>
              </>
            }
            question={<Trans>הכניסות שלו יסתיימו מיד. מה שכתב ועשה נשאר.</Trans>}
            onConfirm={() => remove.mutate()}
          />
        </div>
      )}
      {open === 'password' && <ResetPassword user={user} onDone={close} />}
      {open === 'role' && (
        <ChangeRole
          key={user.role}
          user={user}
          onDone={() => {
            refresh()
            close()
          }}
        />
      )}
    </li>
  )
}

function ResetPassword({ user, onDone }: { user: Schemas['User']; onDone: () => void }) {
  const { t } = useLingui()
  const [password, setPassword] = useState('')
  const [error, setError] = useState<string>()
  const own = useOwnPassword()
  const reset = useAction({
    run: async () => {
      await own.confirm()
      return unwrap(client.POST('/api/users/{id}/password', { params: { path: { id: user.id } }, body: { password } }))
    },
    done: () => t`הסיסמה הוחלפה, והכניסות הקודמות הסתיימו`,
    onDone,
    onError: problem => {
      if (own.handles(problem)) return true
      if (!problem.isTransient) setError(problemText(problem))
      return !problem.isTransient
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setError(undefined)
    reset.mutate()
  }
  return (
    <form className="form" style={{ flexBasis: '100%' }} onSubmit={submit}>
      <PasswordField
        label={<Trans>סיסמה חדשה</Trans>}
        help={<Trans>לפחות 10 תווים, ולא סיסמה נפוצה. מסרו אותה למשתמש בעצמכם.</Trans>}
        autoComplete="new-password"
        minLength={MIN_PASSWORD}
        required
        value={password}
        onChange={event => setPassword(event.target.value)}
        error={error}
      />
      {own.field}
      <button className="btn" type="submit" disabled={reset.isPending}>
        <Trans>שמירת הסיסמה</Trans>
      </button>
    </form>
  )
}
