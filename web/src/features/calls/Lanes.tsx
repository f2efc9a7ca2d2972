import { useLingui } from '@lingui/react/macro'
import { useElementSize } from '@mantine/hooks'
import type { KeyboardEvent, PointerEvent, ReactNode } from 'react'
import { type Player, usePlayerState } from '#shared/audio'
import { duration } from '#shared/format/time'
import type { Peaks } from '#shared/peaks'
import { BAR_PX, barsOfPeaks } from '#shared/waveform'
import { axisOf } from './axis'
import { mirroredPath, partBars } from './bars'
import { type Line, unheardParts } from './words'

const HEIGHT = 32
const STEP_MS = 5000

interface Props {
  /** Undefined while the peaks load, or if there are none. Then the drawing shows only who spoke when. */
  peaks: Peaks | undefined
  lines: readonly Line[]
  durationMs: number
  player: Player
  caller: ReactNode
  agent: ReactNode
}

/** The drawing is also a slider for the playback position. */
export function Lanes({ peaks, lines, durationMs, player, caller, agent }: Props) {
  const { t } = useLingui()
  const { ref, width } = useElementSize()
  const count = Math.max(1, Math.floor(width / BAR_PX))
  const seconds = usePlayerState(player, state => Math.round(state.positionMs / 1000))
  const spoken = (speaker: string) =>
    partBars(
      lines.filter(({ turn }) => turn.speaker === speaker).map(({ fromMs, toMs }) => [fromMs, toMs] as const),
      durationMs,
      count,
      0.22,
    )
  const above = peaks ? barsOfPeaks(peaks.caller, count) : spoken('caller')
  const below = peaks ? barsOfPeaks(peaks.agent, count) : spoken('agent')
  const lost = partBars(unheardParts(lines, durationMs), durationMs, count, 0.55)
  const seek = (ms: number) => player.seek(Math.min(durationMs, Math.max(0, ms)))
  const onPointer = (event: PointerEvent<HTMLElement>) => {
    if (event.type === 'pointermove' && event.buttons !== 1) return
    const box = event.currentTarget.getBoundingClientRect()
    seek(((event.clientX - box.x) / box.width) * durationMs)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const to: Record<string, number> = {
      ArrowLeft: player.state.positionMs - STEP_MS,
      ArrowRight: player.state.positionMs + STEP_MS,
      Home: 0,
      End: durationMs,
    }
    const place = to[event.code]
    if (place === undefined) return
    event.preventDefault()
    seek(place)
  }
  return (
    <div className="two-lanes" dir="ltr">
      <div
        ref={ref}
        className="surface"
        role="slider"
        tabIndex={0}
        aria-label={t`מקום בהקלטה`}
        aria-valuemin={0}
        aria-valuemax={Math.round(durationMs / 1000)}
        aria-valuenow={seconds}
        aria-valuetext={duration(seconds * 1000)}
        onPointerDown={onPointer}
        onPointerMove={onPointer}
        onKeyDown={onKeyDown}
      >
        <Lane count={count} className="them" bars={above} />
        <Lane count={count} className="agent" bars={below} lost={lost} />
        <Playhead player={player} durationMs={durationMs} />
      </div>
      <div className="lane-names" aria-hidden>
        <span className="clip">{caller}</span>
        <span className="agent">{agent}</span>
      </div>
      <div className="axis-t" aria-hidden>
        {axisOf(durationMs).map(at => (
          <span key={at} style={{ insetInlineStart: `${durationMs > 0 ? (100 * at) / durationMs : 0}%` }}>
            {duration(at)}
          </span>
        ))}
      </div>
    </div>
  )
}

interface LaneProps {
  count: number
  className: string
  bars: readonly number[]
  lost?: readonly number[]
}

function Lane({ count, className, bars, lost }: LaneProps) {
  const width = count * BAR_PX
  return (
    <svg className="wave" viewBox={`0 0 ${width} ${HEIGHT}`} height={HEIGHT} preserveAspectRatio="none" aria-hidden>
      <path className="axis" d={`M0 ${HEIGHT / 2}H${width}`} />
      <path className={className} strokeWidth="2" d={mirroredPath(bars, HEIGHT)} />
      {lost && <path className="lost" strokeWidth="2" d={mirroredPath(lost, HEIGHT)} />}
    </svg>
  )
}

function Playhead({ player, durationMs }: { player: Player; durationMs: number }) {
  const share = usePlayerState(player, state => Math.min(1, state.positionMs / Math.max(1, durationMs)))
  return <span className="playhead" style={{ insetInlineStart: `${(share * 100).toFixed(2)}%` }} />
}
