import { Trans, useLingui } from '@lingui/react/macro'
import { IconMicrophone, IconMicrophoneOff, IconPhoneOff } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useAnswering, useLacks } from '#shared/answering/useAnswering'
import { Icon } from '#shared/components/Icon'
import { Duration } from '#shared/components/text'
import { Ending } from './Ending'
import { LiveLanes } from './LiveLanes'
import { Microphone } from './Microphone'
import type { CallState } from './protocol'
import { TrialProblem } from './TrialProblem'
import { useTrialCall } from './useTrialCall'
import { Words } from './Words'
import './trial.css'

/** The browser replaces the telephone. The daemon does not store the conversation. */
export function TrialCallPanel() {
  const { conversation, levels, isMuted, start, hangUp, setMuted } = useTrialCall()
  const { phase, state, lines, ended, problem } = conversation
  const isOn = phase === 'on'
  const answering = useAnswering()
  const lacks = useLacks()
  // Said before the browser asks for the microphone.
  const isLacking = phase === 'idle' && answering.data?.has_agent === false
  const setting = lacks && (lacks.agent ? 'openai.api_key' : 'voice.engine')
  return (
    <section className="trial card">
      <header className="trial-head">
        {isOn && <span className="onair red" aria-hidden />}
        <h2>
          <Trans>שיחת ניסיון</Trans>
        </h2>
        {isOn && <Clock />}
        <span className="grow" />
        <span className="chip">
          <Trans>לא נשמרת, ושום דבר לא נקבע</Trans>
        </span>
      </header>
      {problem && phase === 'failed' && <TrialProblem problem={problem} />}
      {ended && phase === 'ended' && <Ending ended={ended} />}
      {isLacking && <TrialProblem problem={{ kind: 'no_engine', ...(setting && { setting }) }} />}
      {phase === 'idle' && !isLacking && <Introduction />}
      {(isOn || lines.length > 0) && (
        <>
          <LiveLanes levels={levels} />
          {isOn && (
            <p className="trial-state" role="status">
              <StateText state={state} />
            </p>
          )}
          <Words lines={lines} />
        </>
      )}
      {isOn && <Microphone levels={levels} isMuted={isMuted} />}
      <footer className="trial-buttons">
        {isOn ? (
          <>
            <button className="btn big stop" type="button" onClick={hangUp}>
              <Icon icon={IconPhoneOff} />
              <Trans>סיום</Trans>
            </button>
            <button className="btn big" type="button" aria-pressed={isMuted} onClick={() => setMuted(!isMuted)}>
              <Icon icon={isMuted ? IconMicrophone : IconMicrophoneOff} />
              {isMuted ? <Trans>ביטול ההשתקה</Trans> : <Trans>השתקה</Trans>}
            </button>
          </>
        ) : (
          !isLacking && (
            <button className="btn pen big" type="button" onClick={start}>
              <Icon icon={IconMicrophone} />
              {phase === 'idle' ? <Trans>להתחיל לדבר</Trans> : <Trans>לנסות שוב</Trans>}
            </button>
          )
        )}
      </footer>
    </section>
  )
}

function Introduction() {
  return (
    <p className="muted trial-intro">
      <Trans>הדפדפן יבקש להשתמש במיקרופון. כדאי אוזניות, כדי שהסוכן לא ישמע את עצמו.</Trans>
    </p>
  )
}

/** Screen readers do not announce the changes of a timer. */
function Clock() {
  const { t } = useLingui()
  const [began] = useState(() => Date.now())
  const [now, setNow] = useState(began)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return (
    <span className="num muted" role="timer" aria-label={t`משך השיחה`}>
      <Duration ms={now - began} />
    </span>
  )
}

function StateText({ state }: { state: CallState }) {
  switch (state) {
    case 'microphone':
      return <Trans>אשרו בדפדפן את המיקרופון</Trans>
    case 'greeting':
      return <Trans>ברכת הפתיחה מתנגנת. אחריה הסוכן מקשיב</Trans>
    case 'connecting':
      return <Trans>מתחברים לסוכן</Trans>
    case 'listening':
      return <Trans>הסוכן מקשיב. דברו</Trans>
    case 'caller_speaking':
      return <Trans>הסוכן שומע אתכם</Trans>
    case 'thinking':
      return <Trans>הסוכן חושב</Trans>
    case 'speaking':
      return <Trans>הסוכן מדבר. אפשר להיכנס לו לדברים</Trans>
  }
}
