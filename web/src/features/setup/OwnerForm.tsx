import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useEffect, useRef, useState } from 'react'
import { useLocation } from 'wouter'
import { client, unwrap } from '#shared/api/client'
import { asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { apiQuery, queryClient } from '#shared/api/query'
import { Field, PasswordField } from '#shared/components/field'
import { startSession } from '#shared/session'

/** The daemon's minimum password length, in characters. */
const MIN_PASSWORD = 10

const codeOfAddress = () => new URLSearchParams(location.hash.slice(1)).get('code') ?? ''

/** Requires the machine's one-time code. */
export function OwnerForm() {
  const { t } = useLingui()
  const [, go] = useLocation()
  const [code, setCode] = useState(codeOfAddress)
  const [hasCode] = useState(code !== '')
  const heading = useRef<HTMLHeadingElement>(null)
  // The button that opened this step is gone, and with it the focus.
  useEffect(() => {
    if (!hasCode) heading.current?.focus()
  }, [hasCode])
  useEffect(() => {
    // If the set-up is already open in the tab, opening the machine's link changes only the fragment, without a reload.
    const read = () => setCode(before => codeOfAddress() || before)
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }, [])
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const setup = useMutation({
    mutationFn: (body: { code: string; name: string; password: string }) => unwrap(client.POST('/api/setup', { body })),
    onSuccess: session => {
      startSession(session)
      queryClient.removeQueries({ queryKey: apiQuery('/api/setup').queryKey })
      // Removes the used code from the history.
      history.replaceState(null, '', '/setup')
      go('/app/setup', { replace: true })
    },
  })
  const error = setup.error ? asApiError(setup.error) : undefined
  const wrong = error && (error.code === 'forbidden' ? t`הקוד לא נכון, או שכבר לא בתוקף.` : problemText(error))
  const field = error?.field ?? (error?.code === 'forbidden' ? 'code' : undefined)
  const form = useRef<HTMLFormElement>(null)
  // The field may be off the screen of a phone, above the one that has the focus.
  useEffect(() => {
    if (setup.error) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus()
  }, [setup.error])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setup.mutate({ code, name, password })
  }
  return (
    <>
      <div>
        <h1 tabIndex={-1} ref={heading}>
          <Trans>החשבון של בעלי העסק</Trans>
        </h1>
        <p className="lead">
          <Trans>
            הקוד החד־פעמי מודפס ביומן של המכונה, או בפקודה <code dir="ltr">agentlocator setup</code>
          </Trans>
        </p>
      </div>
      <form ref={form} className="stack" style={{ gap: 18 }} onSubmit={submit}>
        <Field
          label={<Trans>קוד חד־פעמי</Trans>}
          dir="ltr"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          required
          value={code}
          onChange={event => setCode(event.target.value)}
          error={field === 'code' && wrong}
        />
        <Field
          label={<Trans>שם משתמש</Trans>}
          dir="auto"
          autoComplete="username"
          autoFocus={hasCode}
          autoCapitalize="off"
          required
          value={name}
          onChange={event => setName(event.target.value)}
          error={field === 'name' && wrong}
        />
        <PasswordField
          label={<Trans>סיסמה</Trans>}
          help={<Trans>לפחות 10 תווים, ולא סיסמה נפוצה</Trans>}
          autoComplete="new-password"
          minLength={MIN_PASSWORD}
          required
          value={password}
          onChange={event => setPassword(event.target.value)}
          error={field === 'password' && wrong}
        />
        <p role="alert" className={wrong && !field ? 'err' : 'vh'}>
          {wrong}
        </p>
        <button className="btn pen big" type="submit" disabled={setup.isPending}>
          <Trans>יצירת החשבון</Trans>
        </button>
      </form>
    </>
  )
}
