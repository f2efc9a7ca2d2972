import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, useState } from 'react'
import { useAction } from '#shared/api/action'
import { client, type Schemas, unwrap } from '#shared/api/client'
import { problemText } from '#shared/api/problem-text'
import { useOwnPassword } from '#shared/components/own-password'
import { isolate } from '#shared/format/bidi'

interface Props {
  user: Schemas['User']
  onDone: () => void
}

export function ChangeRole({ user, onDone }: Props) {
  const { t } = useLingui()
  const [problem, setProblem] = useState<string>()
  const own = useOwnPassword({ autoFocus: true })
  const role = user.role === 'owner' ? 'staff' : 'owner'
  const change = useAction({
    run: async () => {
      if (role === 'owner') await own.confirm()
      return unwrap(client.PATCH('/api/users/{id}', { params: { path: { id: user.id } }, body: { role } }))
    },
    done: () => (role === 'owner' ? t`${isolate(user.name)} עכשיו בעלים` : t`${isolate(user.name)} עכשיו בצוות`),
    onDone,
    onError: error => {
      if (own.handles(error)) return true
      if (error.isTransient) return false
      setProblem(
        error.code === 'conflict'
          ? t`צריך להישאר בעלים אחד לפחות, ואת ההרשאה שלכם מחליף בעלים אחר.`
          : problemText(error),
      )
      return true
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setProblem(undefined)
    change.mutate()
  }
  return (
    <form className="form" style={{ flexBasis: '100%' }} onSubmit={submit}>
      <p>
        {role === 'owner' ? (
          <Trans>
            <bdi className="strong">{user.name}</bdi> יראה וישנה הכול, גם הגדרות, משתמשים ומחיקה.
          </Trans>
        ) : (
          <Trans>
            <bdi className="strong">{user.name}</bdi> יענה לפניות, יקבע תורים ויראה לקוחות, ולא ישנה הגדרות. אסימונים של
            בעלים שיצר לא יתקבלו.
          </Trans>
        )}{' '}
        <Trans>זה חל מיד, ואין צורך להיכנס שוב.</Trans>
      </p>
      {role === 'owner' && own.field}
      {problem && (
        <p className="err" role="alert">
          {problem}
        </p>
      )}
      <button className="btn" type="submit" disabled={change.isPending}>
        {role === 'owner' ? <Trans>להפוך לבעלים</Trans> : <Trans>להפוך לצוות</Trans>}
      </button>
    </form>
  )
}
