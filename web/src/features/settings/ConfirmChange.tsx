import { Trans } from '@lingui/react/macro'
import type { FormEvent } from 'react'
import { useAction } from '#shared/api/action'
import { useOwnPassword } from '#shared/components/own-password'

interface Props {
  reason: string
  onConfirm: () => void
  onCancel: () => void
}

/** Asks for the password again before a change that could give all data to others. */
export function ConfirmChange({ reason, onConfirm, onCancel }: Props) {
  const own = useOwnPassword({ autoFocus: true })
  const confirm = useAction({ run: own.confirm, onDone: onConfirm, onError: own.handles })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    confirm.mutate()
  }
  return (
    <form className="form" onSubmit={submit}>
      <p className="small">{reason}</p>
      {own.field}
      <div className="row">
        <button className="btn pen" type="submit" disabled={own.isEmpty || confirm.isPending}>
          {confirm.isPending ? <Trans>בודק…</Trans> : <Trans>שמירה</Trans>}
        </button>
        <button className="btn" type="button" onClick={onCancel}>
          <Trans>לא עכשיו</Trans>
        </button>
      </div>
    </form>
  )
}
