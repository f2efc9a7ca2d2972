import { Trans, useLingui } from '@lingui/react/macro'
import { Popover } from '@mantine/core'
import { IconPhoneOff, IconPhoneOutgoing, IconVolume } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useAction } from '#shared/api/action'
import { client, unwrap } from '#shared/api/client'
import { problemText } from '#shared/api/problem-text'
import { apiQuery } from '#shared/api/query'
import { setVolume, useIsHeard, useListenError, useVolume } from '#shared/audio/listening'
import { Confirm } from '#shared/components/Confirm'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { useSession } from '#shared/session'

/** The setting with the number to which calls are transferred. */
const TRANSFER_TO = 'agent.transfer_to'

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
  const settings = useQuery(apiQuery('/api/settings'))
  const transfer = useAction({
    run: () => unwrap(client.POST('/api/calls/{id}/transfer', { params: { path: { id: callId } } })),
    done: () => t`הלקוח ממתין, והטלפון שלכם מצלצל.`,
    // The call has ended meanwhile, which the page shows.
    onError: error => error.code === 'call_over',
  })
  const button = (
    <>
      <Icon icon={IconPhoneOutgoing} />
      <Trans>לקחת את השיחה</Trans>
    </>
  )
  const setting = settings.data?.items.find(({ key }) => key === TRANSFER_TO)
  if (setting && !setting.value) return <NoNumber button={button} />
  return (
    <Confirm
      question={<Trans>לקחת את השיחה? הסוכן יבקש מהלקוח להמתין, והטלפון שאליו מעבירים שיחות יצלצל.</Trans>}
      button={button}
      onConfirm={() => transfer.mutate()}
    />
  )
}

/** Says why the call cannot be transferred, before the caller is asked to wait. */
function NoNumber({ button }: { button: ReactNode }) {
  const { isOwner } = useSession()
  return (
    <Popover width={260} trapFocus position="bottom-end" withRoles>
      <Popover.Target>
        <button className="btn" type="button">
          {button}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack">
          <p>
            <Trans>לא הוגדר מספר טלפון שאליו מעבירים שיחות.</Trans>
          </p>
          {isOwner ? (
            <Link className="btn" href={`/app/settings/agent?at=${TRANSFER_TO}`}>
              <Trans>להגדרת המספר</Trans>
            </Link>
          ) : (
            <p>
              <Trans>בעלי העסק יכולים להגדיר אותו בהגדרות.</Trans>
            </p>
          )}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
