import { Trans, useLingui } from '@lingui/react/macro'
import { IconLink, IconPencil } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useSearchParams } from 'wouter'
import { type Player, usePlayerState } from '#shared/audio'
import { PlayButton } from '#shared/components/CallPlayer'
import { Icon } from '#shared/components/Icon'
import { Ltr } from '#shared/components/text'
import { toast } from '#shared/components/toasts'
import { duration } from '#shared/format/time'
import { useShortcuts } from '#shared/keys'
import { peaksQuery } from '#shared/peaks'
import type { CallDetail, Recording as Item } from './api'
import { Lanes } from './Lanes'
import { speakerName } from './speaker'
import type { Line } from './words'

const STEP_MS = 5000

interface Props {
  call: CallDetail
  recording: Item
  lines: readonly Line[]
  player: Player
  pick: (id: number) => void
}

/** The layout is always left to right. */
export function Recording({ call, recording, lines, player, pick }: Props) {
  const { t } = useLingui()
  const peaks = useQuery(peaksQuery(call.id)).data
  const [params] = useSearchParams()
  const hasFailed = usePlayerState(player, state => state.hasFailed)
  const total = recording.duration_ms
  const start = params.get('t')
  useEffect(() => {
    if (start && /^\d+$/.test(start)) player.seek(Number(start) * 1000)
  }, [player, start])
  useSpace(() => player.toggle())
  useShortcuts([
    { code: 'ArrowLeft', run: () => player.step(-STEP_MS) },
    { code: 'ArrowRight', run: () => player.step(STEP_MS) },
    { code: 'BracketLeft', run: () => player.changeSpeed(-1) },
    { code: 'BracketRight', run: () => player.changeSpeed(1) },
  ])
  return (
    <section className="rec" aria-label={t`נגן`}>
      <Lanes
        peaks={recording.source === 'stream' ? peaks : undefined}
        lines={lines}
        durationMs={total}
        player={player}
        caller={speakerName(call.contact_name) ?? t`הלקוח`}
        agent={
          <>
            <Icon icon={IconPencil} size="s" />
            <Trans>הסוכן</Trans>
          </>
        }
      />
      <div className="tools" dir="ltr">
        <PlayButton player={player} />
        <button
          className="btn quiet seek"
          type="button"
          aria-label={t`−5 שניות אחורה`}
          onClick={() => player.step(-STEP_MS)}
        >
          −5
        </button>
        <button
          className="btn quiet seek"
          type="button"
          aria-label={t`+5 שניות קדימה`}
          onClick={() => player.step(STEP_MS)}
        >
          +5
        </button>
        <Position player={player} totalMs={total} />
        <span className="grow" />
        <Choice call={call} current={recording.id} pick={pick} />
        <Speed player={player} />
        <ShareMoment player={player} />
      </div>
      {hasFailed && (
        <p className="err" role="alert">
          <Trans>ההקלטה לא נטענה. היא שמורה; אפשר ללחוץ שוב על הניגון.</Trans>
        </p>
      )}
    </section>
  )
}

function Position({ player, totalMs }: { player: Player; totalMs: number }) {
  const seconds = usePlayerState(player, state => Math.floor(state.positionMs / 1000))
  return (
    <span className="num position">
      <b>{duration(seconds * 1000)}</b> <span className="faint">/ {duration(totalMs)}</span>
    </span>
  )
}

function Speed({ player }: { player: Player }) {
  const { t } = useLingui()
  const speed = usePlayerState(player, state => state.speed)
  return (
    <button
      className="btn quiet seek"
      type="button"
      aria-label={`${speed}×, ${t`מהירות ניגון`}`}
      onClick={() => (speed === 2 ? player.setSpeed(0.75) : player.changeSpeed(1))}
    >
      {speed}×
    </button>
  )
}

function ShareMoment({ player }: { player: Player }) {
  const { t } = useLingui()
  const [, setParams] = useSearchParams()
  const share = () => {
    const second = Math.floor(player.state.positionMs / 1000)
    const url = new URL(location.href)
    url.searchParams.set('t', String(second))
    // Over plain HTTP, except on localhost, the browser has no clipboard API.
    if (navigator.clipboard) {
      navigator.clipboard.writeText(url.href).then(
        () => toast.done(t`הקישור לרגע הזה הועתק`),
        () => toast.done(t`הקישור לרגע הזה בשורת הכתובת`),
      )
    } else {
      toast.done(t`הקישור לרגע הזה בשורת הכתובת`)
    }
    setParams({ ...Object.fromEntries(url.searchParams) }, { replace: true })
  }
  return (
    <button className="btn quiet" type="button" onClick={share}>
      <Icon icon={IconLink} size="s" />
      <span className="lk">
        <Trans>קישור לרגע</Trans>
      </span>
    </button>
  )
}

function Choice({ call, current, pick }: { call: CallDetail; current: number; pick: (id: number) => void }) {
  const complete = call.recordings.filter(({ state }) => state === 'complete')
  if (complete.length < 2) return null
  return (
    <span className="seg">
      {complete.map(({ id }, at) => (
        <button key={id} type="button" aria-current={id === current ? 'true' : undefined} onClick={() => pick(id)}>
          <Trans>
            הקלטה <Ltr>{at + 1}</Ltr>
          </Trans>
        </button>
      ))}
    </span>
  )
}

const OWN = 'button, a, input, textarea, select, summary, [role=menuitem], [contenteditable]'

/** Calls `run` on the space bar, unless the focused control handles that key itself or a dialog is open. */
function useSpace(run: () => void): void {
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.code !== 'Space' || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return
      if (event.target instanceof Element && event.target.closest(OWN)) return
      if (document.querySelector('[role=dialog][aria-modal=true]')) return
      event.preventDefault()
      latest.current()
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [])
}
