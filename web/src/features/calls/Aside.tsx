import { Trans } from '@lingui/react/macro'
import { IconPlayerPlay } from '@tabler/icons-react'
import type { Player } from '#shared/audio'
import { Icon } from '#shared/components/Icon'
import { Ltr, Plain } from '#shared/components/text'
import { useFormat } from '#shared/session'
import type { CallDetail } from './api'
import { Booked } from './Booked'
import { Next } from './Next'
import { Noted } from './Noted'
import { Waterfall } from './Waterfall'

interface Props {
  call: CallDetail
  player: Player | null
  /** The position of the caller's message in the recording, in ms; null if it is unknown or there is no message. */
  messageMs: number | null
}

export function Aside({ call, player, messageMs }: Props) {
  const summary = summaryOf(call)
  return (
    <div className="aside">
      <Booked bookings={call.bookings} />
      {summary && (
        <section>
          <h2>
            <Trans>סיכום</Trans>
          </h2>
          <p>
            <Plain text={summary} />
          </p>
        </section>
      )}
      <Noted call={call} />
      {call.message_text && (call.turns.length > 0 || player) && (
        <section>
          <h2>
            <Trans>ההודעה שהשאירו</Trans>
          </h2>
          {call.turns.length > 0 && <Plain as="p" className="note" text={call.message_text} />}
          {player && messageMs !== null && (
            <button className="btn" type="button" onClick={() => player.playFrom(messageMs)}>
              <Icon icon={IconPlayerPlay} size="s" />
              <Trans>לשמוע את ההודעה</Trans>
            </button>
          )}
        </section>
      )}
      <Next call={call} />
      <div className="later">
        <Waterfall turns={call.turns} />
        <Cost call={call} />
      </div>
    </div>
  )
}

/** Null if the summary line only repeats the beginning of the message or of a turn. */
function summaryOf(call: CallDetail): string | null {
  if (call.summary) return call.summary
  const line = call.summary_line?.trim()
  if (!line || call.message_text?.startsWith(line)) return null
  return call.turns.some(({ text }) => text.startsWith(line)) ? null : line
}

/** Users who are not owners see only a notice. */
function Cost({ call }: { call: CallDetail }) {
  const format = useFormat()
  const cost = call.cost_micros ?? null
  if (cost === 0) return null
  if (cost === null) {
    return (
      <section>
        <h2>
          <Trans>עלות</Trans>
        </h2>
        <p className="muted">
          <Trans>רק בעלי העסק רואים את העלויות.</Trans>
        </p>
      </section>
    )
  }
  const tokens = call.turns.reduce((sum, turn) => sum + turn.tokens_in + turn.tokens_out, 0)
  return (
    <section>
      <h2>
        <Trans>עלות</Trans>
      </h2>
      <dl className="kv">
        <dt>
          <Trans>הסוכן הקולי</Trans>
        </dt>
        <dd className="num">
          <bdi>{format.number(cost / 1e6, { style: 'currency', currency: 'USD', maximumFractionDigits: 3 })}</bdi>
        </dd>
        {tokens > 0 && (
          <>
            <dt>
              <Trans>אסימוני AI</Trans>
            </dt>
            <dd className="num">{format.number(tokens)}</dd>
          </>
        )}
        {call.model && (
          <>
            <dt>
              <Trans>מודל</Trans>
            </dt>
            <dd>
              <Ltr>{call.model}</Ltr>
            </dd>
          </>
        )}
      </dl>
      <p className="small faint">
        <Trans>מחיר השיחה ב־Twilio מופיע בחשבון שלה.</Trans>
      </p>
    </section>
  )
}
