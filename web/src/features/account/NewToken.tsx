import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { Field } from '#shared/components/field'
import { useOwnPassword } from '#shared/components/own-password'

/** The token is shown only once. */
export function NewToken({ onCreated }: { onCreated: () => void }) {
  const { t } = useLingui()
  const [name, setName] = useState('')
  const [role, setRole] = useState<'staff' | 'owner'>('staff')
  const [secret, setSecret] = useState<string>()
  const own = useOwnPassword()
  const create = useAction({
    run: async () => {
      if (role === 'owner') await own.confirm()
      return unwrap(client.POST('/api/tokens', { body: { name, role } }))
    },
    onDone: answer => {
      setName('')
      own.clear()
      setSecret(answer.token)
      onCreated()
    },
    onError: own.handles,
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  return (
    <>
      {secret && (
        <div className="problem plain" role="status">
          <div className="grow">
            <p className="strong">
              <Trans>האסימון החדש. שמרו אותו עכשיו, הוא לא יוצג שוב.</Trans>
            </p>
            <code dir="ltr" className="token">
              {secret}
            </code>
          </div>
          {window.isSecureContext && (
            <button className="btn" type="button" onClick={() => void navigator.clipboard.writeText(secret)}>
              <Trans>העתקה</Trans>
            </button>
          )}
        </div>
      )}
      <form className="form" onSubmit={submit}>
        <Field
          label={<Trans>שם האסימון</Trans>}
          required
          autoComplete="off"
          dir="auto"
          value={name}
          onChange={event => setName(event.target.value)}
        />
        <fieldset className="seg" aria-label={t`הרשאה`}>
          {(['staff', 'owner'] as const).map(value => (
            <button key={value} type="button" aria-current={role === value || undefined} onClick={() => setRole(value)}>
              {value === 'owner' ? <Trans>בעלים</Trans> : <Trans>צוות</Trans>}
            </button>
          ))}
        </fieldset>
        {role === 'owner' && own.field}
        <button className="btn" type="submit" disabled={create.isPending}>
          <Trans>יצירת אסימון</Trans>
        </button>
      </form>
    </>
  )
}
