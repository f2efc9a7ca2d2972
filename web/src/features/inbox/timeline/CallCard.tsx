import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { recordingUrl } from '#shared/audio'
import { isAgent } from '#shared/call-outcome'
import { Icon } from '#shared/components/Icon'
import { Link } from '#shared/components/Link'
import { Duration, Ltr, Plain, Time } from '#shared/components/text'
import { Waveform } from '#shared/components/Waveform'
import { duration } from '#shared/format/time'
import type { CallItem } from '../api'
import { peaksQuery } from '../queries'
import { callIcon, useCallText } from '../texts'
import { useAudio } from './audio'
import { PlayButton } from './PlayButton'

interface Props {
  call: CallItem
  number: string | null
}

export function CallCard({ call, number }: Props) {
  const callText = useCallText()
  // A call that was cut off has a length and a transcript, but its caller waits for an answer, as after a missed call.
  const needsAnswer = call.outcome === 'missed' || call.outcome === 'failed'
  const isLive = call.outcome === 'live'
  const isUnanswered = call.outcome === 'missed' || call.outcome === 'blocked'
  const words = call.summary_line || call.message_text
  return (
    <article className={`call-card${needsAnswer ? ' missed' : ''}`} aria-label={callText(call)}>
      <div className="top">
        <Icon icon={callIcon(call)} />
        <b>{callText(call)}</b>
        {call.duration_ms && !isUnanswered ? (
          <span className="muted">
            <Duration ms={call.duration_ms} />
          </span>
        ) : null}
        <WhoAnswered call={call} />
        {isLive && <span className="onair red" aria-hidden />}
        <span className="end">
          <Time at={call.started_at} className="faint small" />
        </span>
      </div>
      {call.has_audio && <Sound call={call} />}
      {!call.has_audio && !isUnanswered && !isLive && (
        <p className="small">
          <Trans>אין הקלטה של השיחה הזאת</Trans>
        </p>
      )}
      {needsAnswer && number && (
        <a className="btn" href={`tel:${number}`}>
          <Trans>חיוג</Trans>
        </a>
      )}
      {(words || !isUnanswered) && (
        <p>
          {words && <Plain text={words} />}{' '}
          {!isUnanswered && (
            <Link href={`/app/calls/${call.id}`}>{isLive ? <Trans>לשיחה</Trans> : <Trans>לשיחה המלאה</Trans>}</Link>
          )}
        </p>
      )}
    </article>
  )
}

function WhoAnswered({ call }: { call: CallItem }) {
  if (call.direction === 'out' || call.outcome === 'missed') return null
  if (call.outcome === 'failed' && call.answered_at == null) return null
  if (call.outcome === 'transferred') {
    return (
      <span className="chip">
        <Trans>הועברה אליכם</Trans>
      </span>
    )
  }
  if (!isAgent(call.engine)) return null
  return (
    <span className="chip pencil">
      <Icon icon={IconPencil} size="s" />
      <Trans>ענה הסוכן</Trans>
    </span>
  )
}

function Sound({ call }: { call: CallItem }) {
  const { t } = useLingui()
  const url = useMemo(() => recordingUrl(call.id), [call.id])
  const player = useAudio(url)
  const { data } = useQuery({ ...peaksQuery(call.id), retry: false })
  const total = data?.duration_ms ?? player.durationMs ?? call.duration_ms ?? 0
  return (
    <div className="player">
      <PlayButton player={player} label={t`ניגון השיחה`} />
      <div className="grow">
        <Waveform
          caller={data?.caller ?? []}
          agent={data?.agent ?? []}
          durationMs={total}
          positionMs={player.positionMs}
          onSeek={player.seek}
          label={t`מקום בשיחה; הלקוח למעלה, הסוכן למטה`}
        />
      </div>
      <Ltr className="small faint">{duration(player.positionMs > 0 ? player.positionMs : total)}</Ltr>
      {player.hasFailed && (
        <span className="small bad" role="alert">
          <Trans>ההקלטה לא נטענה</Trans>
        </span>
      )}
    </div>
  )
}
