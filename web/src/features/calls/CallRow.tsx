import { useLingui as useTexts } from '@lingui/react'
import { Trans } from '@lingui/react/macro'
import { outcomeOf } from '#shared/call-outcome'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Duration, Name, Time } from '#shared/components/text'
import type { Place } from '#shared/long-list'
import { type CallItem, callHref } from './api'

interface Props extends Place {
  call: CallItem
  isCurrent: boolean
}

export function CallRow({ call, isCurrent, ...place }: Props) {
  const { i18n } = useTexts()
  const { icon, text, tone } = outcomeOf(call)
  const line = call.outcome === 'message' ? call.message_text : call.summary_line
  return (
    <li id={`call-${call.id}`} className="call-row" {...place}>
      <Link className="thread" href={callHref(call.id, location.search)} aria-current={isCurrent ? 'true' : undefined}>
        <span className={`tone ${tone}`}>
          <Icon icon={icon} size="s" />
        </span>
        <span className="name clip">
          <Name name={call.contact_name} number={numberOf(call)} />
        </span>
        <Time at={call.started_at} style="when" className="when" />
        <span className="said">
          <span className={tone === 'live' ? 'bad nowrap' : 'nowrap'}>{i18n._(text)}</span>
          {line && (
            <>
              <span className="faint">·</span>
              <span className="plain faint" dir="auto">
                {line}
              </span>
            </>
          )}
          <span className="end small faint">
            {call.outcome === 'live' ? <Trans>עכשיו</Trans> : <Duration ms={call.duration_ms ?? 0} />}
          </span>
        </span>
      </Link>
    </li>
  )
}

/** Null if the number was withheld or is not an international number. */
export function numberOf({ peer_number }: { peer_number: string }): string | null {
  return peer_number.startsWith('+') ? peer_number : null
}
