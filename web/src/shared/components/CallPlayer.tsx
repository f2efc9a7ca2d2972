import { useLingui } from '@lingui/react/macro'
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { type Player, recordingUrl, usePlayer, usePlayerState } from '../audio'
import { type Peaks, peaksQuery } from '../peaks'
import { Icon } from './Icon'
import { Waveform } from './Waveform'

const NONE: Peaks = { duration_ms: 0, caller: [], agent: [] }

export function PlayButton({ player }: { player: Player }) {
  const { t } = useLingui()
  const isPlaying = usePlayerState(player, state => state.isPlaying)
  return (
    <button className="play" type="button" aria-label={isPlaying ? t`השהיה` : t`ניגון`} onClick={() => player.toggle()}>
      <Icon icon={isPlaying ? IconPlayerPauseFilled : IconPlayerPlayFilled} />
    </button>
  )
}

export function CallPlayer({ callId, durationMs }: { callId: number; durationMs: number }) {
  const { t } = useLingui()
  const player = usePlayer(recordingUrl(callId))
  const { data = NONE } = useQuery(peaksQuery(callId))
  const positionMs = usePlayerState(player, state => Math.round(state.positionMs / 100) * 100)
  return (
    <div className="player" dir="ltr">
      <PlayButton player={player} />
      <div className="grow">
        <Waveform
          caller={data.caller}
          agent={data.agent}
          durationMs={data.duration_ms || durationMs}
          positionMs={positionMs}
          onSeek={ms => player.seek(ms)}
          label={t`צורת הגל: הלקוח למעלה, הסוכן למטה`}
          height={36}
        />
      </div>
    </div>
  )
}
