import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, useId, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import type { asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { Field, PasswordField } from '#shared/components/field'
import { useOwnPassword } from '#shared/components/own-password'

/** The daemon's minimum password length, in characters. */
const MIN_PASSWORD = 10

export function NewUser({ onCreated }: { onCreated: () => void }) {
  const { t } = useLingui()
  const radio = useId()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [role, setRole] = useState<'staff' | 'owner'>('staff')
  const [error, setError] = useState<ReturnType<typeof asApiError>>()
  const own = useOwnPassword()
  const create = useAction({
    run: async () => {
      if (role === 'owner') await own.confirm()
      return unwrap(client.POST('/api/users', { body: { name: name.trim(), role, password } }))
    },
    done: (_, user) => t`${user.name} נוסף, ויכול להיכנס`,
    onDone: () => {
      setName('')
      setPassword('')
      setRole('staff')
      own.clear()
      onCreated()
    },
    onError: problem => {
      if (own.handles(problem)) return true
      if (!problem.isTransient) setError(problem)
      return !problem.isTransient
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setError(undefined)
    create.mutate()
  }
  const text = error && (error.code === 'conflict' ? t`כבר יש משתמש בשם הזה.` : problemText(error))
  const isPassword = error?.field === 'password'
  return (
    <form className="form" onSubmit={submit}>
      <Field
        label={<Trans>שם משתמש</Trans>}
        required
        autoComplete="off"
        autoCapitalize="off"
        dir="auto"
        value={name}
        onChange={event => setName(event.target.value)}
        error={!isPassword && text}
      />
      <PasswordField
        label={<Trans>סיסמה</Trans>}
        help={<Trans>לפחות 10 תווים, ולא סיסמה נפוצה. מסרו אותה למשתמש בעצמכם.</Trans>}
        autoComplete="new-password"
        minLength={MIN_PASSWORD}
        required
        value={password}
        onChange={event => setPassword(event.target.value)}
        error={isPassword && text}
      />
      <div>
        <span className="lb" id={`${radio}-label`}>
          <Trans>הרשאה</Trans>
        </span>
        <div className="seg" role="radiogroup" aria-labelledby={`${radio}-label`}>
          {(['staff', 'owner'] as const).map(value => (
            <label key={value}>
              <input
                className="vh"
                type="radio"
                name={radio}
                checked={role === value}
                onChange={() => setRole(value)}
              />
              {value === 'owner' ? <Trans>בעלים</Trans> : <Trans>צוות</Trans>}
            </label>
          ))}
        </div>
        <p className="small muted">
          {role === 'owner' ? (
            <Trans>רואה ומשנה הכול, גם הגדרות, משתמשים ומחיקה.</Trans>
          ) : (
            <Trans>עונה לפניות, קובע תורים ורואה לקוחות. לא משנה הגדרות.</Trans>
          )}
        </p>
      </div>
      {role === 'owner' && own.field}
      <button className="btn pen" type="submit" disabled={create.isPending}>
        <Trans>הוספת משתמש</Trans>
      </button>
    </form>
  )
}
