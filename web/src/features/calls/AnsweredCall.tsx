import { Trans } from '@lingui/react/macro'
import { IconHeadset } from '@tabler/icons-react'
import { useEffect } from 'react'
import { problemText } from '#shared/api/problem-text'
import { type AnswerProblem, agentHasCall, useAnsweredCall } from '#shared/audio/call/answer-state'
import { answer } from '#shared/audio/call/answered-call'
import { Icon } from '#shared/components/Icon'
import { NoMicrophone } from '#shared/components/NoMicrophone'
import { TalkButtons } from '#shared/components/TalkButtons'
import { Ltr } from '#shared/components/text'

/** The agent stops, and the user talks with the caller. */
export function AnswerButton({ callId }: { callId: number }) {
  const { status } = useAnsweredCall(callId)
  if (status !== 'off') return null
  return (
    <button className="btn big pen" type="button" onClick={() => answer(callId)}>
      <Icon icon={IconHeadset} />
      <Trans>לענות כאן</Trans>
    </button>
  )
}

/** Shows no problem if the call is over: the page itself shows that. */
export function AnsweredCall({ callId, isWithAgent }: { callId: number; isWithAgent: boolean }) {
  const { status, isMuted, problem } = useAnsweredCall(callId)
  useEffect(() => {
    if (isWithAgent) agentHasCall(callId)
  }, [isWithAgent, callId])
  if (problem) return <Why problem={problem} isWithAgent={isWithAgent} />
  if (status === 'off') return null
  return (
    <div className="listening small" role="status">
      <span>
        {status === 'connecting' ? (
          <Trans>מחברים אתכם ללקוח. אשרו את המיקרופון אם הדפדפן שואל.</Trans>
        ) : status === 'announcing' ? (
          <Trans>הסוכן הפסיק, והלקוח שומע „רק רגע”.</Trans>
        ) : isMuted ? (
          <Trans>המיקרופון מושתק. הלקוח לא שומע אתכם.</Trans>
        ) : (
          <Trans>הלקוח שומע אתכם. דברו.</Trans>
        )}
      </span>
      <TalkButtons callId={callId} />
    </div>
  )
}

function Why({ problem, isWithAgent }: { problem: AnswerProblem; isWithAgent: boolean }) {
  if (problem.kind === 'microphone') {
    return (
      <NoMicrophone
        problem={problem.problem}
        insecure={
          <Trans>
            פתחו את הדף בכתובת שמתחילה ב־<Ltr>https</Ltr>. בינתיים אפשר לקחת את השיחה לטלפון.
          </Trans>
        }
        missing={<Trans>חברו מיקרופון או אוזניות, או קחו את השיחה לטלפון.</Trans>}
      />
    )
  }
  if (problem.kind === 'refused') {
    return problem.error.code === 'call_over' ? null : (
      <p className="small bad" role="alert">
        {problemText(problem.error)}
      </p>
    )
  }
  switch (problem.reason) {
    case 'connection_lost':
    case 'logged_out':
    case 'bad_token':
      return (
        <p className="small bad" role="alert">
          {isWithAgent ? (
            <Trans>החיבור נותק, והסוכן ממשיך את השיחה. אפשר לענות שוב.</Trans>
          ) : (
            <Trans>החיבור נותק.</Trans>
          )}
        </p>
      )
    case 'time_limit':
      return (
        <p className="small" role="status">
          <Trans>השיחה נמשכה שעה בדפדפן, ולכן הסוכן ממשיך אותה. אפשר לענות שוב.</Trans>
        </p>
      )
    case 'already_answered':
      return (
        <p className="small bad" role="alert">
          <Trans>עובד אחר כבר מדבר עם הלקוח.</Trans>
        </p>
      )
    case 'no_agent':
      return (
        <p className="small bad" role="alert">
          <Trans>אי אפשר לענות עכשיו: הסוכן לא מנהל את השיחה.</Trans>
        </p>
      )
    default:
      // The call is over, which the page shows.
      return null
  }
}
