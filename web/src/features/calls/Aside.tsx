import { Trans, useLingui } from '@lingui/react/macro'
import { IconCheckbox, IconPlayerPlay } from '@tabler/icons-react'
import { useAction } from '#shared/api/action'
import type { Player } from '#shared/audio'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Ltr, Plain } from '#shared/components/text'
import { isolate, ltr } from '#shared/format/bidi'
import { formatPhone } from '#shared/format/phone'
import { useShortcuts } from '#shared/keys'
import { useCountry, useFormat, useSession } from '#shared/session'
import { type CallDetail, createTask, deleteTask } from './api'
import { numberOf } from './CallRow'
import { Waterfall } from './Waterfall'

interface Props {
  call: CallDetail
  player: Player | null
  /** Where in the recording the message begins. */
  messageMs: number | null
}

/** What came of the call: summary, message, task, response time, cost. */
export function Aside({ call, player, messageMs }: Props) {
  const summary = summaryOf(call)
  return (
    <div className="aside">
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
      {call.message_text && (call.turns.length > 0 || player) && (
        <section>
          <h2>
            <Trans>ההודעה שהשאירו</Trans>
          </h2>
          {call.turns.length > 0 && (
            <p className="note" dir="auto">
              {call.message_text}
            </p>
          )}
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

/** The summary line, unless it only repeats the message or the first words. */
function summaryOf(call: CallDetail): string | null {
  const line = call.summary_line?.trim()
  if (!line || call.message_text?.startsWith(line)) return null
  return call.turns.some(({ text }) => text.startsWith(line)) ? null : line
}

/** The task after the call; the key T creates it. */
function Next({ call }: { call: CallDetail }) {
  const { t } = useLingui()
  const country = useCountry()
  const number = numberOf(call)
  const who = call.contact_name ? isolate(call.contact_name) : number ? ltr(formatPhone(number, country)) : t`מספר חסוי`
  const isCallBack = call.outcome === 'missed' || call.outcome === 'failed'
  const task = useAction({
    run: () =>
      createTask({
        title: isCallBack ? t`לחזור אל ${who}` : t`המשך לשיחה עם ${who}`,
        contact_id: call.contact_id,
        call_id: call.id,
      }),
    done: () => (isCallBack ? t`נוספה משימה לחזור אל ${who}` : t`נוספה משימה`),
    undo: (_, { id }) => deleteTask(id),
  })
  useShortcuts([{ code: 'KeyT', run: () => !task.isPending && task.mutate() }])
  return (
    <section>
      <h2>
        <Trans>מה עכשיו</Trans>
      </h2>
      <div className="row wrap">
        <button
          className="btn"
          type="button"
          aria-keyshortcuts="T"
          disabled={task.isPending}
          onClick={() => task.mutate()}
        >
          <Icon icon={IconCheckbox} />
          {isCallBack ? <Trans>משימה לחזור</Trans> : <Trans>משימה</Trans>}
          <kbd className="desk-only">T</kbd>
        </button>
        <Link className="btn quiet" href={`/calendar?new=1&contact=${call.contact_id}`}>
          <Trans>לקבוע תור</Trans>
        </Link>
        <Link className="btn quiet" href={`/app/contacts/${call.contact_id}`}>
          <Trans>כרטיס הלקוח</Trans>
        </Link>
      </div>
    </section>
  )
}

/** What the call cost; only for owners. */
function Cost({ call }: { call: CallDetail }) {
  const { isOwner } = useSession()
  const format = useFormat()
  if (call.cost_micros === 0) return null
  if (!isOwner) {
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
          <Ltr>
            {format.number(call.cost_micros / 1e6, { style: 'currency', currency: 'USD', maximumFractionDigits: 3 })}
          </Ltr>
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
