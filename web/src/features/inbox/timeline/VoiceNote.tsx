import { useLingui } from '@lingui/react/macro'
import { useElementSize } from '@mantine/hooks'
import type { KeyboardEvent, PointerEvent } from 'react'
import { Ltr } from '#shared/components/text'
import { duration } from '#shared/format/time'
import { BAR_PX, barsOfPeaks } from '#shared/waveform'
import type { FileItem } from '../api'
import { useAudio, useLoudness } from './audio'
import { PlayButton } from './PlayButton'

const RATES = [1, 1.5, 2]
const HEIGHT = 28
const STEP_MS = 5_000

/** The layout is always left to right. */
export function VoiceNote({ file, url }: { file: Pick<FileItem, 'bytes' | 'duration_ms'>; url: string }) {
  const { t } = useLingui()
  const player = useAudio(url)
  const peaks = useLoudness(url, file.bytes)
  const total = file.duration_ms ?? player.durationMs ?? 0
  const isBegun = player.isPlaying || player.positionMs > 0
  const next = RATES[(RATES.indexOf(player.rate) + 1) % RATES.length] ?? 1
  return (
    <div className="player voice">
      <PlayButton player={player} label={t`ניגון ההודעה הקולית`} />
      <OneLane peaks={peaks} positionMs={player.positionMs} totalMs={total} onSeek={player.seek} />
      {isBegun && (
        <button className="btn quiet rate" type="button" aria-label={t`מהירות`} onClick={() => player.setRate(next)}>
          <Ltr>{`${player.rate}×`}</Ltr>
        </button>
      )}
      <span className="num small faint">{total > 0 ? duration(isBegun ? player.positionMs : total) : '–:––'}</span>
      {player.hasFailed && <span className="small bad">{t`לא מתנגן בדפדפן הזה`}</span>}
    </div>
  )
}

interface LaneProps {
  peaks: readonly number[]
  positionMs: number
  totalMs: number
  onSeek: (ms: number) => void
}

function OneLane({ peaks, positionMs, totalMs, onSeek }: LaneProps) {
  const { t } = useLingui()
  const { ref, width } = useElementSize()
  const count = Math.max(1, Math.floor(width / BAR_PX))
  const played = totalMs > 0 ? Math.round((positionMs / totalMs) * count) : 0
  const bars = barsOfPeaks(peaks, count)
  const path = (from: number, to: number) =>
    bars
      .slice(from, to)
      .map((height, at) => {
        const x = (from + at) * BAR_PX + BAR_PX / 2
        const half = Math.max(1, height * (HEIGHT / 2 - 1))
        return `M${x} ${(HEIGHT / 2 - half).toFixed(1)}V${(HEIGHT / 2 + half).toFixed(1)}`
      })
      .join('')
  const seek = (event: PointerEvent<HTMLElement>) => {
    if (event.buttons !== 1) return
    const box = event.currentTarget.getBoundingClientRect()
    onSeek(Math.min(1, Math.max(0, (event.clientX - box.x) / box.width)) * totalMs)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -STEP_MS, ArrowRight: STEP_MS }[event.code]
    if (step === undefined) return
    event.preventDefault()
    onSeek(Math.min(totalMs, Math.max(0, positionMs + step)))
  }
  return (
    <div
      ref={ref}
      dir="ltr"
      className="lanes grow"
      role="slider"
      tabIndex={0}
      aria-label={t`מקום בהודעה`}
      aria-valuemin={0}
      aria-valuemax={Math.round(totalMs / 1000)}
      aria-valuenow={Math.round(positionMs / 1000)}
      aria-valuetext={duration(positionMs)}
      onPointerDown={seek}
      onPointerMove={seek}
      onKeyDown={onKeyDown}
    >
      <svg
        className="wave"
        viewBox={`0 0 ${count * BAR_PX} ${HEIGHT}`}
        height={HEIGHT}
        preserveAspectRatio="none"
        aria-hidden
      >
        <path className="axis" d={`M0 ${HEIGHT / 2}H${count * BAR_PX}`} />
        {peaks.length > 0 && <path className="them" strokeWidth="2" d={path(played, count)} />}
        {peaks.length > 0 && <path className="played" strokeWidth="2" d={path(0, played)} />}
      </svg>
    </div>
  )
}
