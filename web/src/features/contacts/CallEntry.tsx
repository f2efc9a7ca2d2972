import { useLingui as useTexts } from '@lingui/react'
import { Trans } from '@lingui/react/macro'
import { outcomeOf } from '#shared/call-outcome'
import { CallPlayer } from '#shared/components/CallPlayer'
import { Link } from '#shared/components/Link'
import { Dot, Duration, Plain } from '#shared/components/text'
import type { CallItem } from './api'

export function CallEntry({ call }: { call: CallItem }) {
  const { i18n } = useTexts()
  const { text, tone } = outcomeOf(call)
  const line = call.message_text ?? call.summary_line
  return (
    <>
      <p>
        <b>{call.direction === 'in' ? <Trans>שיחה נכנסת</Trans> : <Trans>שיחה יוצאת</Trans>}</b>{' '}
        <span className="muted num">
          <Duration ms={call.duration_ms ?? 0} />
        </span>
        <span className={tone === 'live' ? 'bad' : 'muted'}>
          <Dot />
          {i18n._(text)}
        </span>
      </p>
      {call.has_audio && (
        <div className="cw">
          <CallPlayer callId={call.id} durationMs={call.duration_ms ?? 0} />
        </div>
      )}
      <p className="said0">
        {line && (
          <>
            <Plain text={line} />{' '}
          </>
        )}
        <Link href={`/app/calls/${call.id}`}>
          <Trans>לשיחה המלאה</Trans>
        </Link>
      </p>
    </>
  )
}
