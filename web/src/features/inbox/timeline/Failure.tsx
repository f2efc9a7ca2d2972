import { Trans } from '@lingui/react/macro'
import { IconAlertCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Icon } from '#shared/components/Icon'
import type { MessageItem, Provider, Route } from '../api'
import { againKey, outbox, resentBy, sentAgain, useOutgoing } from '../outbox'
import { routeQuery } from '../queries'
import { useFailure } from '../texts'

export function otherRoutes(route: Route | undefined, failed: Provider | null | undefined): Provider[] {
  if (!route) return []
  const possible = route.alternatives.filter(({ possible }) => possible).map(({ provider }) => provider)
  return [...new Set([...(route.provider ? [route.provider] : []), ...possible])].filter(
    provider => provider !== failed,
  )
}

export const SendBy = ({ provider }: { provider: Provider }) =>
  provider === 'baileys' ? <Trans>שליחה דרך הטלפון של העסק</Trans> : <Trans>שליחה דרך Twilio</Trans>

export function NotSent({ provider, reason }: { provider: Provider | null | undefined; reason: string }) {
  if (provider === 'baileys') return <Trans>לא נשלח דרך הטלפון של העסק: {reason}</Trans>
  if (provider === 'twilio') return <Trans>לא נשלח דרך Twilio: {reason}</Trans>
  return <Trans>לא נשלח: {reason}</Trans>
}

interface Props {
  message: MessageItem
  contact: { id: number; to: string | null }
}

/** Offers no button if the message is on its way again, or if this browser knows that it was already sent again. */
export function Failure({ message, contact: { id, to } }: Props) {
  const { data: route } = useQuery({ ...routeQuery(message.thread_id), retry: false })
  const failure = useFailure()
  const isCancelled = message.error_code === 'cancelled'
  const reason = failure(message.error_code, message.error)
  // A user has cancelled the message, so its provider has not failed.
  const providers = isCancelled ? [] : otherRoutes(route, message.provider)
  const isOnItsWay = useOutgoing(id).some(entry => resentBy(entry) === message.id)
  const isSentAgain = !isOnItsWay && sentAgain().includes(message.id)
  const canSend = to !== null && !isOnItsWay && !isSentAgain
  const send = (provider: Provider | 'auto') => {
    if (to === null) return
    const file = message.files[0]
    const sha = /\/api\/media\/([0-9a-f]{64})/.exec(file?.url ?? '')?.[1]
    const media = sha && {
      id: sha,
      mime: file?.mime ?? '',
      name: file?.file_name ?? '',
      width: file?.width ?? null,
      height: file?.height ?? null,
    }
    outbox.add({
      key: againKey(message.id),
      contactId: id,
      to,
      text: message.content_text,
      provider,
      ...(media && { media }),
    })
  }
  return (
    <div className="fail">
      <Icon icon={IconAlertCircle} size="s" />
      <span>{isCancelled ? reason : <NotSent provider={message.provider} reason={reason} />}</span>
      {isSentAgain && (
        <span className="muted">
          <Trans>ההודעה כבר נשלחה שוב, ומופיעה בהמשך השיחה</Trans>
        </span>
      )}
      {canSend && providers.length === 0 && (
        <button className="btn link" type="button" onClick={() => send('auto')}>
          <Trans>לנסות שוב</Trans>
        </button>
      )}
      {canSend &&
        providers.map(provider => (
          <button key={provider} className="btn link" type="button" onClick={() => send(provider)}>
            <SendBy provider={provider} />
          </button>
        ))}
    </div>
  )
}
