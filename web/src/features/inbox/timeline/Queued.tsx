import { Trans, useLingui } from '@lingui/react/macro'
import { useEffect, useState } from 'react'
import { useAction } from '#shared/api/action'
import { Time } from '#shared/components/text'
import { toast } from '#shared/components/toasts'
import { serverNow, useNow } from '#shared/format/clock'
import { call, type MessageItem } from '../api'
import { USUAL_MS, type Wait, waitOf } from '../model/queued'

/** Says why a message is still queued and when it is sent, and cancels it. */
export function Queued({ message }: { message: MessageItem }) {
  const { t } = useLingui()
  useIsAfter(Date.parse(message.created_at) + USUAL_MS)
  useNow()
  const cancel = useAction({
    run: () => call('POST', '/api/messages/{id}/cancel', { params: { path: { id: message.id } } }),
    done: () => t`השליחה בוטלה`,
    onError: ({ code }) => {
      if (code === 'conflict') toast.error(t`אי אפשר לבטל: ההודעה נשלחת עכשיו, או שכבר נשלחה`)
      return code === 'conflict'
    },
  })
  const wait = waitOf(message, serverNow().getTime())
  if (!wait) return null
  return (
    <div className="queue-note" ref={leaveFocus}>
      <p className="small muted">
        <Reason wait={wait} />
      </p>
      {wait.reason !== 'confirmation' && (
        <button className="btn link" type="button" onClick={() => cancel.isPending || cancel.mutate()}>
          <Trans>ביטול השליחה</Trans>
        </button>
      )}
    </div>
  )
}

function Reason({ wait }: { wait: Wait }) {
  switch (wait.reason) {
    case 'limit': {
      const at = <Time at={wait.until} style="full" />
      return (
        <Trans>תישלח ב־{at}. הגעתם למספר ההודעות הראשונות ליום: WhatsApp חוסמת מספרים שכותבים להרבה אנשים חדשים.</Trans>
      )
    }
    case 'owner':
      return <Trans>מוחזקת מאז השחזור מגיבוי, כי ייתכן שכבר נשלחה. בעלים מחליטים ב״תקלות״ אם לשלוח.</Trans>
    case 'confirmation':
      return <Trans>ייתכן שנשלחה: עוד אין אישור. בודקים.</Trans>
    case 'earlier_message':
      return <Trans>תישלח אחרי ההודעה הקודמת.</Trans>
    case 'failure':
      return <Trans>עוד לא נשלחה. ממשיכים לנסות.</Trans>
  }
}

/** When the element is removed with the focus in it, as after a cancellation, the focus moves to the list around it. */
const leaveFocus = (element: HTMLElement | null) => () => {
  if (element?.contains(document.activeElement)) element.closest<HTMLElement>('[tabindex]')?.focus()
}

/** Renders again when a time has come. `useNow` is up to 20 s late. */
function useIsAfter(at: number): boolean {
  const [isAfter, setAfter] = useState(() => serverNow().getTime() >= at)
  useEffect(() => {
    if (isAfter) return
    const timer = setTimeout(() => setAfter(true), at - serverNow().getTime())
    return () => clearTimeout(timer)
  }, [at, isAfter])
  return isAfter
}
