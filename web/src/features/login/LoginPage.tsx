import { Trans, useLingui } from '@lingui/react/macro'
import { useDocumentTitle } from '@mantine/hooks'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useLocation } from 'wouter'
import { client, unwrap } from '#shared/api/client'
import { type ApiError, asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { apiQuery } from '#shared/api/query'
import { ConnectionError } from '#shared/components/ConnectionError'
import { Field, PasswordField } from '#shared/components/field'
import { GatePage } from '#shared/components/GatePage'
import { startSession } from '#shared/session'
import { recall } from '#shared/storage'
import { isInside } from '#shared/url'

function destination(): string {
  const to = new URLSearchParams(location.search).get('to') ?? ''
  return isInside(to) ? to : '/app'
}

export default function LoginPage() {
  const { t } = useLingui()
  const [, go] = useLocation()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const business = recall('business')
  const [hasEnded] = useState(() => new URLSearchParams(location.search).has('ended'))
  useDocumentTitle(business ? `${t`כניסה`} · ${business}` : t`כניסה`)
  const setup = useQuery({ ...apiQuery('/api/setup'), retry: false })
  const login = useMutation({
    mutationFn: (body: { name: string; password: string }) => unwrap(client.POST('/api/login', { body })),
    onSuccess: session => {
      startSession(session)
      go(destination(), { replace: true })
    },
  })
  const error: ApiError | undefined = login.error ? asApiError(login.error) : undefined
  const refusal = error?.code === 'https_required' ? error : setup.data?.connection_error
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
