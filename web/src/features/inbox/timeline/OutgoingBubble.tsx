import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconAlertCircle, IconClock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Icon } from '#shared/components/Icon'
import { Hidden, Time } from '#shared/components/text'
import { fromDevice } from '#shared/format/clock'
import { canRetry } from '../model/limits'
import { type Outgoing, outbox } from '../outbox'
import { routeQuery } from '../queries'
import { useFailure } from '../texts'
import { Attachment } from './Attachment'
import { NotSent, otherRoutes, SendBy } from './Failure'
import { Words } from './Words'

interface Props {
  entry: Outgoing
  threadId: number | null
  /** Whether the contact accepts messages. */
  canSend: boolean
  /** Restores the text in the draft. */
  onTakeBack: (entry: Outgoing) => void
}

export function OutgoingBubble({ entry, threadId, canSend, onTakeBack }: Props) {
  const { text, media, state, reply } = entry
  const stop = () => {
    const taken = outbox.stop(entry.key)
    if (taken) onTakeBack(taken)
  }
  return (
    <div className="msg us outgoing">
      <div className={media || reply ? 'bub' : 'bub text'}>
        <Hidden>
          <Trans>אתם:</Trans>
        </Hidden>
        {reply && (
          <div className="quote" dir="auto">
            <span className="plain clip">{reply.text || '…'}</span>
          </div>
        )}
        {media && (
          <Attachment
            kind="document"
            at={fromDevice(entry.at).toISOString()}
            file={{
              position: 0,
              state: 'stored',
              url: `/api/media/${media.id}`,
              mime: media.mime,
              file_name: media.name,
              width: media.width,
              height: media.height,
            }}
          />
        )}
        {text && <Words text={text} />}
        <div className="meta">
          <State entry={entry} />
          <Time at={fromDevice(entry.at).toISOString()} />
        </div>
      </div>
      {state === 'held' && (
        <div className="held">
          <Countdown until={entry.sendAt} />
          <button className="btn link" type="button" onClick={stop}>
            <Trans>עצירה</Trans>
          </button>
        </div>
      )}
      {state === 'failed' && <Refused entry={entry} threadId={threadId} canSend={canSend} onEdit={stop} />}
    </div>
  )
}

function State({ entry: { state } }: { entry: Outgoing }) {
  if (state === 'failed') return null
  return (
    <span className="ticks">
      <Icon icon={IconClock} size="s" />
      {state === 'waiting' ? <Trans>יישלח כשהחיבור יחזור</Trans> : <Trans>ממתין לשליחה</Trans>}
    </span>
  )
}

function Countdown({ until }: { until: number }) {
  const [left, setLeft] = useState(() => secondsTo(until))
  useEffect(() => {
    const timer = setInterval(() => setLeft(secondsTo(until)), 250)
    return () => clearInterval(timer)
  }, [until])
  return (
    <span className="small muted">
      <Plural value={left} one="נשלח בעוד שנייה" two="נשלח בעוד 2 שניות" other="נשלח בעוד # שניות" />
    </span>
  )
}

const secondsTo = (until: number) => Math.max(1, Math.ceil((until - Date.now()) / 1000))

type RefusedProps = Pick<Props, 'entry' | 'threadId' | 'canSend'> & { onEdit: () => void }

function Refused({ entry, threadId, canSend, onEdit }: RefusedProps) {
  const { t } = useLingui()
  const failure = useFailure()
  const { data: route } = useQuery({ ...routeQuery(threadId ?? 0), enabled: threadId !== null, retry: false })
  const failed = entry.provider === 'auto' ? route?.provider : entry.provider
  const providers = otherRoutes(route, failed)
  const isRetried = canSend && canRetry(entry.error?.code)
  return (
    <div className="fail" role="alert">
      <Icon icon={IconAlertCircle} size="s" />
      <span>
        <NotSent provider={failed} reason={failure(entry.error?.code, entry.error?.message)} />
      </span>
      {isRetried &&
        providers.map(provider => (
          <button key={provider} className="btn link" type="button" onClick={() => outbox.retry(entry.key, provider)}>
            <SendBy provider={provider} />
          </button>
        ))}
      {isRetried && (
        <button className="btn link" type="button" onClick={() => outbox.retry(entry.key)}>
          <Trans>לנסות שוב</Trans>
        </button>
      )}
      <button className="btn link" type="button" aria-label={t`עריכת ההודעה`} onClick={onEdit}>
        <Trans>עריכה</Trans>
      </button>
    </div>
  )
}
