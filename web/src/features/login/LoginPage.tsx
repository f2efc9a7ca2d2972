import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { useLocation } from 'wouter'
import { client, unwrap } from '#shared/api/client'
import { type ApiError, asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { apiQuery, queryClient } from '#shared/api/query'
import { ConnectionError } from '#shared/components/ConnectionError'
import { Field, PasswordField } from '#shared/components/field'
import { GatePage } from '#shared/components/GatePage'
import { sessionQuery, startSession } from '#shared/session'
import { isLoggedOut } from '#shared/start'
import { recall, remember, stored } from '#shared/storage'
import { isInside } from '#shared/url'

/** Changes with each login, so that other tabs with the form notice it. */
const LOGGED_IN_AT = 'logged_in_at'

function destination(): string {
  const to = new URLSearchParams(location.search).get('to') ?? ''
  return isInside(to) ? to : '/app'
}

/**
 * Calls `open` if the browser already has a session, also after a login in another tab. Returns true while a session that
 * the page knows is checked.
 */
function useOpenSession(open: () => void): boolean {
  const [isChecking, setChecking] = useState(() => queryClient.getQueryData(sessionQuery.queryKey) !== undefined)
  // biome-ignore lint/correctness/useExhaustiveDependencies: `open` always opens the address with which the page was opened.
  useEffect(() => {
    let isHere = true
    const check = async () => {
      try {
        await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0, retry: false })
        if (isHere) open()
      } catch {
        // There is no session, or the daemon does not answer: then the form says so.
        setChecking(false)
      }
    }
    const onStorage = ({ key }: StorageEvent) => key === stored(LOGGED_IN_AT) && void check()
    const onFocus = () => void check()
    if (!isLoggedOut()) void check()
    window.addEventListener('storage', onStorage)
    window.addEventListener('focus', onFocus)
    return () => {
      isHere = false
      window.removeEventListener('storage', onStorage)
      window.removeEventListener('focus', onFocus)
    }
  }, [])
  return isChecking
}

export default function LoginPage() {
  const { t } = useLingui()
  const [, go] = useLocation()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const business = recall('business')
  const [hasEnded] = useState(() => new URLSearchParams(location.search).has('ended'))
  useDocumentTitle(business ? `${t`כניסה`} · ${business}` : t`כניסה`)
  const open = () => go(destination(), { replace: true })
  const isChecking = useOpenSession(open)
  const setup = useQuery({ ...apiQuery('/api/setup'), retry: false })
  const login = useMutation({
    mutationFn: (body: { name: string; password: string }) => unwrap(client.POST('/api/login', { body })),
    onSuccess: session => {
      startSession(session)
      remember(LOGGED_IN_AT, new Date().toISOString())
      open()
    },
  })
  const error: ApiError | undefined = login.error ? asApiError(login.error) : undefined
  const refusal = error?.code === 'https_required' ? error : setup.data?.connection_error
  if (isChecking) return null
  if (refusal) return <ConnectionError error={refusal} />
  const submit = (event: FormEvent) => {
    event.preventDefault()
    login.mutate({ name, password })
  }
  return (
    <GatePage>
      <div>
        <h1>{business ? <bdi>{business}</bdi> : 'AgentLocator'}</h1>
        <p className="lead">
          <Trans>כניסה לפניות, לשיחות וליומן</Trans>
        </p>
      </div>
      {hasEnded && (
        <p className="note" role="status">
          <Trans>הכניסה הסתיימה: עבר הזמן שלה, או שיצאו ממנה במקום אחר. אחרי הכניסה תמשיכו מאותו מקום.</Trans>
        </p>
      )}
      <form className="stack" style={{ gap: 18 }} onSubmit={submit}>
        <Field
          label={<Trans>שם משתמש</Trans>}
          dir="auto"
          autoComplete="username"
          autoCapitalize="off"
          spellCheck={false}
          required
          value={name}
          onChange={event => setName(event.target.value)}
        />
        <PasswordField
          label={<Trans>סיסמה</Trans>}
          autoComplete="current-password"
          required
          value={password}
          onChange={event => setPassword(event.target.value)}
          error={error && problemText(error)}
        />
        <div role="alert" className="vh">
          {error && problemText(error)}
        </div>
        <button className="btn pen big" type="submit" disabled={login.isPending}>
          <Trans>כניסה</Trans>
        </button>
      </form>
      <p className="small muted">
        <Trans>שכחתם? מריצים על המכונה</Trans>{' '}
        <code dir="ltr" className="nowrap">
          agentlocator user reset-password
        </code>
      </p>
    </GatePage>
  )
}
