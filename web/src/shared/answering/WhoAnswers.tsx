import { Trans, useLingui } from '@lingui/react/macro'
import { type FormEvent, useId, useState } from 'react'
import { Link } from '../components/Link'
import { serverNow, useNow } from '../format/clock'
import { addDays, instantNear, minuteOf, wallTime } from '../format/dates'
import { useFormat, useSession } from '../session'
import { MODES } from './modes'
import { type Answering, type Mode, useAnswering, useLacks, useSwitch } from './useAnswering'
import './answering.css'

/** Only owners can change the choice here. */
export function WhoAnswers() {
  const { t } = useLingui()
  const { isOwner } = useSession()
  const { data } = useAnswering()
  // Reserves the space, so that the layout does not shift when the response arrives.
  if (!data) return <div className="who-answers" />
  return (
    <section className="who-answers" aria-label={t`מי עונה לשיחות`}>
      {isOwner ? <Switch answering={data} /> : <Words answering={data} />}
    </section>
  )
}

function Switch({ answering }: { answering: Answering }) {
  const { t, i18n } = useLingui()
  const id = useId()
  const { mutate } = useSwitch()
  const { mode, until, can_ring: canRing } = answering
  const from = { mode, until: until ?? null }
  const set = (to: { mode: Mode; until: string | null }) => mutate({ from, to })
  // The choice for which the field for a time of day is open. It stays open while a late answer to an earlier change shows that
  // change for a moment.
  const [asking, setAsking] = useState<Mode>()
  return (
    <>
      <label htmlFor={id}>
        <Trans>מי עונה</Trans>
      </label>
      <select
        id={id}
        className="field"
        value={mode}
        onChange={event => {
          setAsking(undefined)
          set({ mode: event.currentTarget.value as Mode, until: null })
        }}
      >
        <option value="settings">{i18n._(MODES.settings)}</option>
        <option value="agent">{i18n._(MODES.agent)}</option>
        <option value="ring" disabled={!canRing && mode !== 'ring'}>
          {canRing ? i18n._(MODES.ring) : t`קודם אנחנו (אין מספר שמצלצל)`}
        </option>
      </select>
      {mode !== 'settings' && (
        <Until
          key={mode}
          answering={answering}
          isAsking={asking === mode}
          ask={isAsking => setAsking(isAsking ? mode : undefined)}
          set={until => set({ mode, until })}
        />
      )}
      <p className="small muted">
        <Meaning answering={answering} /> <SetBy answering={answering} />
      </p>
    </>
  )
}

interface UntilProps {
  answering: Answering
  /** Whether the field for a time of day is open. */
  isAsking: boolean
  ask: (isAsking: boolean) => void
  set: (until: string | null) => void
}

function Until({ answering: { until, next_opening: opening }, isAsking, ask, set }: UntilProps) {
  const { t } = useLingui()
  const when = useWhen()
  const isOpening = Boolean(until && until === opening)
  const value = isAsking ? 'time' : !until ? 'changed' : isOpening ? 'opening' : 'set'
  return (
    <>
      <select
        className="field"
        aria-label={t`עד מתי`}
        value={value}
        onChange={event => {
          const chosen = event.currentTarget.value
          ask(chosen === 'time')
          if (chosen !== 'time') set(chosen === 'opening' ? (opening ?? null) : null)
        }}
      >
        <option value="changed">{t`עד שאשנה`}</option>
        {opening && <option value="opening">{t`עד הפתיחה: ${when(opening)}`}</option>}
        {until && !isOpening && <option value="set">{t`עד ${when(until)}`}</option>}
        <option value="time">{t`עד שעה…`}</option>
      </select>
      {isAsking && (
        <TimeOfDay
          set={until => {
            ask(false)
            set(until)
          }}
        />
      )}
    </>
  )
}

function TimeOfDay({ set }: { set: (until: string) => void }) {
  const { t } = useLingui()
  const format = useFormat()
  const id = useId()
  const [text, setText] = useState('')
  const [isWrong, setWrong] = useState(false)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const minute = minuteOf(text)
    setWrong(minute === undefined)
    if (minute === undefined) return
    const now = serverNow()
    const { day } = wallTime(now, format.zone)
    const today = instantNear(day, minute, format.zone)
    set((today > now ? today : instantNear(addDays(day, 1), minute, format.zone)).toISOString())
  }
  return (
    <form className="row wrap" onSubmit={submit}>
      {/* The browser's own field for times would follow the browser's language, and show 12 hours in many of them. */}
      <input
        className={isWrong ? 'field bad' : 'field'}
        dir="ltr"
        inputMode="numeric"
        placeholder="17:00"
        autoComplete="off"
        aria-label={t`השעה`}
        aria-invalid={isWrong || undefined}
        aria-describedby={isWrong ? id : undefined}
        value={text}
        onChange={event => {
          setText(event.target.value)
          setWrong(false)
        }}
        // biome-ignore lint/a11y/noAutofocus: the choice in the select has opened this field
        autoFocus
      />
      <button className="btn" type="submit">
        <Trans>קביעה</Trans>
      </button>
      {isWrong && (
        <span id={id} className="err small" role="alert">
          <Trans>שעה נכתבת כך: 9:30</Trans>
        </span>
      )}
    </form>
  )
}

/** Formats when a choice ends: «17:00», «יום ו׳ 9:00». */
function useWhen(): (at: string) => string {
  const format = useFormat()
  const now = useNow()
  return at => {
    const days = format.daysFrom(at, now)
    if (days <= 0) return format.time(at)
    return `${days < 7 ? format.weekday(at) : format.date(at, now)} ${format.time(at)}`
  }
}

function Meaning({ answering }: { answering: Answering }) {
  const lacks = useLacks()
  return (
    <>
      {lacks?.phone && (
        <>
          <Trans>
            עוד לא הגיעה לכאן שיחה. <Link href="/app/setup/phone">לחבר מספר</Link>.
          </Trans>{' '}
        </>
      )}
      {answering.has_agent ? <WithAgent answering={answering} /> : <WithoutAgent answering={answering} />}
      {answering.has_agent && answering.agent_fails && (
        <>
          {' '}
          <Trans>
            אבל שירות ה־AI לא עונה כרגע, ואז השיחות מגיעות לתא הקולי. <Link href="/app/problems">לתקלות</Link>
          </Trans>
        </>
      )}
    </>
  )
}

/** Without an engine of the agent, the daemon takes a message. Only owners read what to do about it. */
function WithoutAgent({ answering: { mode, rings, can_ring: canRing } }: { answering: Answering }) {
  const lacks = useLacks()
  return (
    <>
      {canRing && (mode === 'ring' || rings) ? (
        <Trans>שיחה מצלצלת קודם אצלכם, ואם לא עונים היא מגיעה לתא הקולי.</Trans>
      ) : (
        <Trans>כל שיחה מגיעה לתא הקולי.</Trans>
      )}{' '}
      {lacks?.agent && (
        <Trans>
          לסוכן חסר מפתח AI. <Link href="/app/setup/ai">להוסיף מפתח</Link>
        </Trans>
      )}
      {lacks && !lacks.agent && (
        <Trans>
          כך נקבע ב<Link href="/app/settings/phone">הגדרות הטלפון</Link>.
        </Trans>
      )}
    </>
  )
}

function WithAgent({ answering: { mode, rings, can_ring: canRing, ring_first: ringFirst } }: { answering: Answering }) {
  if (mode === 'agent') return <Trans>הסוכן עונה לכל שיחה מיד, ואצלכם לא מצלצל.</Trans>
  if (!canRing && (mode === 'ring' || ringFirst !== 'never')) {
    return (
      <Trans>
        אין מספר שמצלצל, ולכן הסוכן עונה. <Link href="/app/settings/agent">להגדיר מספר</Link>
      </Trans>
    )
  }
  if (mode === 'ring') return <Trans>כל שיחה מצלצלת קודם אצלכם, ואם לא עונים הסוכן עונה.</Trans>
  if (ringFirst === 'open') {
    return rings ? (
      <Trans>עכשיו, בשעות הפתיחה, מצלצל קודם אצלכם.</Trans>
    ) : (
      <Trans>עכשיו סגור, ולכן הסוכן עונה מיד.</Trans>
    )
  }
  return rings ? <Trans>כל שיחה מצלצלת קודם אצלכם.</Trans> : <Trans>הסוכן עונה מיד.</Trans>
}

function SetBy({ answering: { set_by: actor, set_by_name: name, set_at: at } }: { answering: Answering }) {
  const format = useFormat()
  const now = useNow()
  if (!actor || !at) return null
  const when = format.ago(at, now)
  if (actor === 'owner') return <Trans>נקבע ב־WhatsApp, {when}.</Trans>
  if (!name) return null
  return (
    <Trans>
      נקבע בידי <bdi>{name}</bdi>, {when}.
    </Trans>
  )
}

function Words({ answering }: { answering: Answering }) {
  const when = useWhen()
  const until = answering.until && when(answering.until)
  return (
    <p className="small muted">
      <Meaning answering={answering} /> {until && <Trans>עד {until}.</Trans>}
    </p>
  )
}
