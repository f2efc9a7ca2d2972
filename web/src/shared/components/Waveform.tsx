import { useElementSize } from '@mantine/hooks'
import type { KeyboardEvent, PointerEvent } from 'react'
import { BAR_PX, barsOfPeaks, lanePath, type Part, speechBars, type Voice } from '../waveform'

interface Props {
  /** The peaks from 0 to 255, as `/api/calls/{id}/peaks` returns them. */
  caller: readonly number[]
  agent: readonly number[]
  durationMs: number
  /** The playback position, in ms. */
  positionMs?: number
  onSeek?: (ms: number) => void
  label: string
  height?: number
}

/** The step of the arrow keys, in ms. */
const STEP_MS = 5_000

/**
 * A call as two lanes around one axis: the contact above, the agent below. Time runs left to right in every language.
 */
export function Waveform({ caller, agent, durationMs, positionMs = 0, onSeek, label, height = 40 }: Props) {
  const { ref, width } = useElementSize()
  const count = Math.max(1, Math.floor(width / BAR_PX))
  const played = durationMs > 0 ? Math.round((positionMs / durationMs) * count) : 0
  const [above, below] = [barsOfPeaks(caller, count), barsOfPeaks(agent, count)]
  const axis = height / 2
  const seek = (ms: number) => onSeek?.(Math.min(durationMs, Math.max(0, ms)))
  const onPointer = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect()
    if (event.buttons === 1 || event.type === 'pointerdown') {
      seek(((event.clientX - box.x) / box.width) * durationMs)
    }
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: -STEP_MS,
      ArrowRight: STEP_MS,
      Home: -durationMs,
      End: durationMs,
    }
    const step = steps[event.code]
    if (step === undefined) return
    event.preventDefault()
    seek(positionMs + step)
  }
  const slider = onSeek
    ? {
        role: 'slider',
        tabIndex: 0,
        'aria-label': label,
        'aria-valuemin': 0,
        'aria-valuemax': Math.round(durationMs / 1000),
        'aria-valuenow': Math.round(positionMs / 1000),
        onPointerDown: onPointer,
        onPointerMove: onPointer,
        onKeyDown,
      }
    : { role: 'img', 'aria-label': label }
  return (
    <div ref={ref} dir="ltr" className="lanes" {...slider}>
      <svg
        className="wave"
        viewBox={`0 0 ${count * BAR_PX} ${height}`}
        height={height}
        preserveAspectRatio="none"
        aria-hidden
      >
        <path className="axis" d={`M0 ${axis}H${count * BAR_PX}`} />
        <path className="them" strokeWidth="2" d={lanePath(above, axis, -1, played)} />
        <path className="played" strokeWidth="2" d={lanePath(above, axis, -1, 0, played)} />
        <path className="agent" strokeWidth="2" d={lanePath(below, axis, 1, played)} />
        <path className="played" strokeWidth="2" d={lanePath(below, axis, 1, 0, played)} />
      </svg>
    </div>
  )
}

/** A generated waveform for decoration, not of a real call. */
export function PictureOfCall({ seed, parts, height }: { seed: number; parts: readonly Part[]; height: number }) {
  const { ref, width } = useElementSize()
  const count = Math.max(1, Math.ceil(width / BAR_PX))
  const bars = speechBars(seed, count, parts)
  const axis = height / 2
  const heightsOf = (who: Voice) => bars.map(bar => (bar.who === who ? bar.height : 0))
  return (
    <div ref={ref} className="gate-wave" aria-hidden>
      <svg className="wave" viewBox={`0 0 ${count * BAR_PX} ${height}`} height={height} preserveAspectRatio="none">
        <path className="axis" d={`M0 ${axis}H${count * BAR_PX}`} />
        {(['them', 'agent', 'you', 'lost'] as const).map(who => (
          <path key={who} className={who} strokeWidth="2" d={lanePath(heightsOf(who), axis, who === 'them' ? -1 : 1)} />
        ))}
      </svg>
    </div>
  )
}
