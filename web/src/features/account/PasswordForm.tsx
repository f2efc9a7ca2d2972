import { Trans, useLingui } from '@lingui/react/macro'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { client, unwrap } from '#shared/api/client'
import { asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { apiQuery, queryClient } from '#shared/api/query'
import { PasswordField } from '#shared/components/field'
import { toast } from '#shared/components/toasts'
import { useTarget } from '#shared/target'

/** The daemon's minimum password length, in characters. */
const MIN_PASSWORD = 10

/** The daemon then ends the user's other sessions. */
export function PasswordForm({ name }: { name: string }) {
  const { t } = useLingui()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const change = useMutation({
    mutationFn: () => unwrap(client.POST('/api/password', { body: { current_password: current, new_password: next } })),
    onSuccess: () => {
      setCurrent('')
      setNext('')
      toast.done(t`הסיסמה הוחלפה, והכניסות האחרות הסתיימו`)
      void queryClient.invalidateQueries({ queryKey: apiQuery('/api/sessions').queryKey })
    },
  })
  const error = change.error ? asApiError(change.error) : undefined
  const isCurrentWrong = error?.code === 'wrong_password'
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate()
  }
  return (
    <section className="section">
      <h2 {...useTarget<HTMLHeadingElement>('password')}>
        <Trans>החלפת סיסמה</Trans>
      </h2>
      <form className="form" onSubmit={submit}>
        <input type="text" className="vh" autoComplete="username" value={name} readOnly tabIndex={-1} aria-hidden />
        <PasswordField
          label={<Trans>הסיסמה הנוכחית</Trans>}
          autoComplete="current-password"
          required
          value={current}
          onChange={event => setCurrent(event.target.value)}
          error={isCurrentWrong && t`הסיסמה הנוכחית לא נכונה.`}
        />
        <PasswordField
          label={<Trans>סיסמה חדשה</Trans>}
          help={<Trans>לפחות 10 תווים, ולא סיסמה נפוצה</Trans>}
          autoComplete="new-password"
          minLength={MIN_PASSWORD}
          required
          value={next}
          onChange={event => setNext(event.target.value)}
          error={error && !isCurrentWrong && problemText(error)}
        />
        <button className="btn" type="submit" disabled={change.isPending}>
          <Trans>החלפת סיסמה</Trans>
        </button>
      </form>
    </section>
  )
}
