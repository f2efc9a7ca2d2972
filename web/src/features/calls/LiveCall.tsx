import { Trans, useLingui } from '@lingui/react/macro'
import { IconHeadset, IconMessage2, IconMicrophone, IconPencil, IconUser } from '@tabler/icons-react'
import { useLayoutEffect, useRef } from 'react'
import { usePageRings } from '#shared/api/page-rings'
import { useCallClock } from '#shared/call-clock'
import { canListen, isVoicemail } from '#shared/call-state'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { ListenButton } from '#shared/components/ListenButton'
import { Name, Phone, Plain } from '#shared/components/text'
import { duration } from '#shared/format/time'
import { AnswerButton, AnsweredCall } from './AnsweredCall'
import type { CallDetail, Turn } from './api'
import { Booked } from './Booked'
import { Back } from './CallHeader'
import { numberOf } from './CallRow'
import { HangUp, Listening, Transfer } from './LiveControls'
import { LiveLanes } from './LiveLanes'
import { speakerName } from './speaker'
import { ToolLine } from './ToolLine'
import { Whisper } from './Whisper'
import { isSpoken, linesOf } from './words'

export function LiveCall({ call }: { call: CallDetail }) {
  const { t } = useLingui()
  const elapsed = useCallClock(call)
  const employee = call.turns.findLast(({ speaker, ended_ms }) => speaker === 'employee' && ended_ms == null)
  const isRinging = usePageRings(call.state === 'live').some(({ call_id }) => call_id === call.id)
  const isWithAgent = call.state === 'live' && !isVoicemail(call) && !employee && !isRinging && !call.transferring
  const number = numberOf(call)
  const caller = speakerName(call.contact_name) ?? t`הלקוח`
  return (
    <div className="live-call">
      <div className="air">
        <div className="row">
          <Back />
          <h2 className="big grow clip">
            <Name name={call.contact_name} number={number} />
          </h2>
          <span className="onair red" aria-hidden />
          <span className="clock" role="timer" aria-label={t`משך השיחה`}>
            {duration(elapsed)}
          </span>
        </div>
        <p className="muted row wrap">
          {number && call.contact_name && <Phone number={number} />}
          <WhoTalks call={call} employee={employee?.text} isRinging={isRinging} />
        </p>
        <Listening callId={call.id} />
        <AnsweredCall callId={call.id} isWithAgent={isWithAgent} />
        <LiveLanes callId={call.id} lines={linesOf(call.turns, elapsed)} elapsedMs={elapsed} caller={caller} />
      </div>
      <Booked bookings={call.bookings} />
      <Log turns={call.turns} caller={caller} isRecorded={call.state === 'fallback'} />
      <div className="live-foot">
        {isWithAgent && <Whisper callId={call.id} />}
        <div className="live-acts">
          {isWithAgent && <AnswerButton callId={call.id} />}
          {canListen(call) && <ListenButton callId={call.id} isBig />}
          {isWithAgent && <Transfer callId={call.id} />}
          <HangUp callId={call.id} />
          <Link className="btn big" href={`/app/contacts/${call.contact_id}`}>
            <Icon icon={IconUser} />
            <Trans>כרטיס הלקוח</Trans>
          </Link>
          <Link className="btn big" href={`/app/inbox/${call.contact_id}`}>
            <Icon icon={IconMessage2} />
            <Trans>הודעה</Trans>
          </Link>
        </div>
      </div>
    </div>
  )
}

function WhoTalks({ call, employee, isRinging }: { call: CallDetail; employee?: string; isRinging: boolean }) {
  const isMessage = isVoicemail(call)
  return (
    <span className="row who-talks">
      <Icon icon={isMessage ? IconMicrophone : employee === undefined ? IconPencil : IconHeadset} size="s" />
      {call.state === 'ringing' ? (
        <Trans>מצלצל</Trans>
      ) : call.state === 'transferred' ? (
        <Trans>הועברה אליכם</Trans>
      ) : call.transferring ? (
        <Trans>מצלצל בטלפון שלכם</Trans>
      ) : isRinging ? (
        <Trans>הלקוח מחכה לאדם, והדף מצלצל</Trans>
      ) : isMessage ? (
        <Trans>הלקוח משאיר הודעה</Trans>
      ) : employee !== undefined ? (
        <Trans>
          <Name name={employee} /> על הקו עם הלקוח
        </Trans>
      ) : (
        <Trans>הסוכן מדבר בשמכם</Trans>
      )}
    </span>
  )
}

interface LogProps {
  turns: readonly Turn[]
  caller: string
  /** Whether Twilio records the call, so that its words are known only after it. */
  isRecorded: boolean
}

/** Scrolls to the newest words unless the user has scrolled up. */
function Log({ turns, caller, isRecorded }: LogProps) {
  const { t } = useLingui()
  const ref = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)
  const words = turns.reduce((sum, { text }) => sum + text.length, turns.length)
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when words arrive.
  useLayoutEffect(() => {
    if (ref.current && isAtEnd.current) ref.current.scrollTop = ref.current.scrollHeight
  }, [words])
  const onScroll = () => {
    const box = ref.current
    if (box) isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <div className="scroll scrollpad" role="log" aria-label={t`תמלול חי`} tabIndex={0} ref={ref} onScroll={onScroll}>
      {turns.length === 0 && (
        <p className="muted">
          {isRecorded ? (
            <Trans>ההודעה מוקלטת אצל Twilio, ותופיע כאן אחרי השיחה.</Trans>
          ) : (
            <Trans>המילים יופיעו כאן בזמן שהן נאמרות.</Trans>
          )}
        </p>
      )}
      <ol className="ledger turnlines live">
        {turns.map((turn, at) => (
          <LiveLine key={turn.id} turn={turn} caller={caller} isLast={at === turns.length - 1} />
        ))}
      </ol>
    </div>
  )
}

function LiveLine({ turn, caller, isLast }: { turn: Turn; caller: string; isLast: boolean }) {
  const isPartial = isLast && turn.ended_ms == null
  return (
    <li>
      <span className="at num" aria-hidden>
        {duration(turn.started_ms)}
      </span>
      <div className="it">
        {isSpoken(turn) ? (
          <>
            <b className={`sp ${turn.speaker === 'agent' ? 'ag' : ''}`}>
              {turn.speaker === 'agent' ? (
                <>
                  <Icon icon={IconPencil} size="s" />
                  <Trans>הסוכן</Trans>
                </>
              ) : (
                <bdi>{caller}</bdi>
              )}
            </b>
            <p className={isPartial ? 'wait' : undefined}>
              <Plain text={turn.text} />
              {isPartial && <span className="caret" aria-hidden />}
            </p>
          </>
        ) : (
          <ToolLine turn={turn} />
        )}
      </div>
    </li>
  )
}
