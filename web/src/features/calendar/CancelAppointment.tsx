import { Trans } from '@lingui/react/macro'
import { useEffect } from 'react'
import { Field } from '#shared/components/field'
import { LeaveFoot, type Leaving } from './Leave'
import { NotifyChoice, NotifyLine } from './NotifyChoice'
import type { Notice } from './useNotice'

interface Props {
  leaving: Leaving
  /** Closes the dialog. */
  close: () => void
  reason: string
  setReason: (reason: string) => void
  notice: Notice
  isBusy: boolean
  cancel: () => void
  back: () => void
}

export function CancelAppointment({ leaving, close, reason, setReason, notice, isBusy, cancel, back }: Props) {
  const isDirty = reason.trim() !== ''
  const { onDirty } = leaving
  useEffect(() => onDirty(isDirty), [onDirty, isDirty])
  useEffect(() => () => onDirty(false), [onDirty])
  return (
    <form
      className="ap-form"
      onSubmit={event => {
        event.preventDefault()
        cancel()
      }}
    >
      <Field
        label={<Trans>סיבת הביטול</Trans>}
        help={<Trans>אפשר להשאיר ריק. הלקוח לא רואה אותה</Trans>}
        value={reason}
        dir="auto"
        maxLength={500}
        autoFocus
        onChange={event => setReason(event.target.value)}
      />
      <NotifyChoice notice={notice} />
      <LeaveFoot
        {...leaving}
        close={close}
        note={<NotifyLine notice={notice} />}
        question={<Trans>לסגור בלי לבטל את התור? הסיבה שכתבתם תימחק.</Trans>}
      >
        <button className="btn stop fill" type="submit" disabled={isBusy}>
          <Trans>לבטל את התור</Trans>
        </button>
        <button className="btn quiet" type="button" onClick={back}>
          <Trans>חזרה</Trans>
        </button>
      </LeaveFoot>
    </form>
  )
}
