import { Trans } from '@lingui/react/macro'
import { Field } from '#shared/components/field'
import { NotifyChoice, NotifyLine } from './NotifyChoice'
import type { Notice } from './useNotice'

interface Props {
  reason: string
  setReason: (reason: string) => void
  notice: Notice
  isBusy: boolean
  cancel: () => void
  back: () => void
}

export function CancelAppointment({ reason, setReason, notice, isBusy, cancel, back }: Props) {
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
      <NotifyLine notice={notice} />
      <div className="row wrap">
        <button className="btn stop fill" type="submit" disabled={isBusy}>
          <Trans>לבטל את התור</Trans>
        </button>
        <button className="btn quiet" type="button" onClick={back}>
          <Trans>חזרה</Trans>
        </button>
      </div>
    </form>
  )
}
