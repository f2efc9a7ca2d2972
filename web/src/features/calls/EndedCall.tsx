import { Trans } from '@lingui/react/macro'
import { IconMicrophoneOff } from '@tabler/icons-react'
import { useEffect, useMemo, useState } from 'react'
import { useSearchParams } from 'wouter'
import { type Player, recordingUrl, usePlayer } from '#shared/audio'
import { Icon } from '#shared/components/Icon'
import { Aside } from './Aside'
import type { CallDetail } from './api'
import { Recording } from './Recording'
import { Transcript } from './Transcript'
import { type Follow, useFollow } from './use-follow'
import { type Line, linesOf, placeOf } from './words'

export function EndedCall({ call }: { call: CallDetail }) {
  const { recording, pick } = usePicked(call)
  const player = usePlayer(recordingUrl(call.id, recording?.id))
  const durationMs = recording?.duration_ms ?? call.duration_ms ?? 0
  const lines = useMemo(() => linesOf(call.turns, durationMs), [call.turns, durationMs])
  // Only the daemon's own recording starts with the first turn. Twilio's recording covers a part of the call, so its
  // times do not match the transcript.
  const isInStep = recording?.source === 'stream'
  const inStep = isInStep ? player : null
  const follow = useFollow(inStep, lines)
  const found = useFound(lines, inStep, follow)
  return (
    <section className="scroll" tabIndex={-1} ref={follow.scrollRef} onWheel={follow.leave} onTouchMove={follow.leave}>
      {recording ? (
        <Recording call={call} recording={recording} lines={isInStep ? lines : []} player={player} pick={pick} />
      ) : (
        <NoRecording call={call} />
      )}
      <div className="call-body">
        <Transcript call={call} lines={lines} player={inStep} follow={follow} found={found} />
        <Aside call={call} player={recording ? player : null} messageMs={recording?.message_ms ?? null} />
      </div>
    </section>
  )
}

/** The recording that the user chose, or else the daemon's own of both sides, or else the newest complete one. */
function usePicked({ recordings }: CallDetail) {
  const [picked, pick] = useState<number | null>(null)
  const complete = recordings.filter(({ state }) => state === 'complete')
  const recording =
    complete.find(({ id }) => id === picked) ?? complete.find(({ source }) => source === 'stream') ?? complete.at(-1)
  return { recording, pick }
}

/** The index of the transcript line at the time in the URL (`?at=12400`), or -1. */
function useFound(lines: readonly Line[], player: Player | null, { scrollRef }: Follow): number {
  const [search] = useSearchParams()
  const at = search.get('at')
  const found = at !== null && /^\d+$/.test(at) ? placeOf(lines, Number(at)).line : -1
  useEffect(() => {
    if (found < 0) return
    if (player && !player.state.isPlaying) player.seek(Number(at))
    scrollRef.current?.querySelector(`[data-line="${found}"]`)?.scrollIntoView({ block: 'center' })
  }, [found, at, player, scrollRef])
  return found
}

function NoRecording({ call }: { call: CallDetail }) {
  return (
    <div className="rec none">
      <Icon icon={IconMicrophoneOff} />
      <p>
        <Reason call={call} />
      </p>
    </div>
  )
}

function Reason({ call }: { call: CallDetail }) {
  const state = call.recordings.at(-1)?.state
  if (state === 'pruned') return <Trans>ההקלטה נמחקה, כי עבר זמן השמירה שנקבע. התמלול נשמר.</Trans>
  if (state === 'waiting') return <Trans>ההקלטה עוד בדרך מ־Twilio. היא תופיע כאן לבד.</Trans>
  if (state === 'running') return <Trans>ההקלטה נסגרת עכשיו. היא תופיע כאן בעוד רגע.</Trans>
  if (state === 'failed') return <Trans>ההקלטה לא הגיעה מ־Twilio. התמלול נשמר.</Trans>
  if (!call.answered_at && call.turns.length === 0) return <Trans>השיחה לא נענתה, ולכן אין מה לשמוע.</Trans>
  return <Trans>השיחה לא הוקלטה: ההקלטה כבויה בהגדרות, או שהשיחה נגמרה לפני שהתחילה.</Trans>
}
