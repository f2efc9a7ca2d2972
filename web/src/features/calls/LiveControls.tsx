import { Trans, useLingui } from '@lingui/react/macro'
import { IconPhoneOff, IconPhoneOutgoing, IconVolume } from '@tabler/icons-react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { problemText } from '#shared/api/problem-text'
import { setVolume, useIsHeard, useListenError, useVolume } from '#shared/audio/listening'
import { Confirm } from '#shared/components/Confirm'
import { Icon } from '#shared/components/Icon'

export function Listening({ callId }: { callId: number }) {
  const isHeard = useIsHeard(callId)
  const error = useListenError(callId)
  const volume = useVolume()
  if (error) {
    return (
      <p className="small bad" role="alert">
        {error.code === 'no_sound' ? (
          <Trans>עוד אין מה לשמוע: הפתיח מתנגן, או שהשיחה כבר לא אצל הסוכן. אפשר לנסות שוב בעוד רגע.</Trans>
        ) : error.code === 'call_over' ? (
          <Trans>השיחה כבר הסתיימה.</Trans>
        ) : (
          problemText(error)
        )}
      </p>
    )
  }
  if (!isHeard) return null
  return (
    <div className="listening small">
      <Trans>הלקוח והסוכן לא שומעים אתכם.</Trans>
      <label>
        <Icon icon={IconVolume} size="s" />
        <span>
          <Trans>עוצמה</Trans>
        </span>
        <input
          type="range"
          min="0"
          max="1"
          step="0.05"
          value={volume}
          onChange={event => setVolume(event.currentTarget.valueAsNumber)}
        />
      </label>
    </div>
  )
}

/** Asks for a confirmation, because a call cannot be restored. */
export function HangUp({ callId }: { callId: number }) {
  const hangUp = useAction({
    run: () => unwrap(client.POST('/api/calls/{id}/hang-up', { params: { path: { id: callId } } })),
    // The call has ended meanwhile, so there is nothing to report.
    onError: error => error.code === 'call_over',
  })
  return (
    <Confirm
      question={<Trans>לסיים את השיחה? אם הלקוח מדבר עם הסוכן, הוא ישמע פרידה קצרה.</Trans>}
      button={
        <>
          <Icon icon={IconPhoneOff} />
          <Trans>סיום השיחה</Trans>
        </>
      }
      onConfirm={() => hangUp.mutate()}
    />
  )
}

/** The daemon forwards the call to the business's phone, which rings. */
export function Transfer({ callId }: { callId: number }) {
  const { t } = useLingui()
  const transfer = useAction({
    run: () => unwrap(client.POST('/api/calls/{id}/transfer', { params: { path: { id: callId } } })),
    done: () => t`הלקוח ממתין, והטלפון שלכם מצלצל.`,
    // The call has ended meanwhile, which the page shows.
    onError: error => error.code === 'call_over',
  })
  return (
    <Confirm
      question={<Trans>לקחת את השיחה? הסוכן יבקש מהלקוח להמתין, והטלפון שאליו מעבירים שיחות יצלצל.</Trans>}
      button={
        <>
          <Icon icon={IconPhoneOutgoing} />
          <Trans>לקחת את השיחה</Trans>
        </>
      }
      onConfirm={() => transfer.mutate()}
    />
  )
}
