import { Trans, useLingui } from '@lingui/react/macro'
import { IconArrowDown, IconMessage2 } from '@tabler/icons-react'
import type { Player } from '#shared/audio'
import { Icon } from '#shared/components/Icon'
import { EmptyState } from '#shared/components/states'
import { dirOf } from '#shared/format/bidi'
import type { CallDetail } from './api'
import { speakerName } from './speaker'
import { TranscriptLine } from './TranscriptLine'
import { type Follow, useCurrentPlace } from './use-follow'
import { cutOffBy, type Line } from './words'

interface Props {
  call: CallDetail
  lines: readonly Line[]
  /** The player; null if the times of the transcript do not match the recording. */
  player: Player | null
  follow: Follow
  /** The index of the line that a search found, or -1. */
  found: number
}

export function Transcript({ call, lines, player, follow, found }: Props) {
  const { t } = useLingui()
  const place = useCurrentPlace(player, lines)
  const caller = speakerName(call.contact_name) ?? t`הלקוח`
  if (lines.length === 0 && call.message_text) return <LeftMessage text={call.message_text} caller={caller} />
  if (lines.length === 0) {
    return (
      <div className="transcript">
        <EmptyState title={<Trans>אין תמלול</Trans>}>
          {call.transcript_pruned ? (
            <Trans>התמלול נמחק, כי עבר הזמן ששומרים תמלולים.</Trans>
          ) : call.answered_at ? (
            <Trans>בשיחה הזאת לא נאמרו מילים שאפשר לתמלל.</Trans>
          ) : (
            <Trans>השיחה לא התחברה לסוכן, ולכן לא נאמר בה דבר.</Trans>
          )}
        </EmptyState>
      </div>
    )
  }
  return (
    <section className="transcript" aria-label={t`תמלול`}>
      <ol className="ledger turnlines">
        {lines.map((line, at) => (
          <TranscriptLine
            key={line.turn.id}
            index={at}
            line={line}
            caller={caller}
            player={player}
            currentWord={place.line === at ? place.word : null}
            isFound={found === at}
            cutOff={cutOffBy(lines, at, call.hung_up_by ?? null)}
          />
        ))}
      </ol>
      {follow.isAway && (
        <button className="btn back-to-sound" type="button" onClick={follow.back}>
          <Icon icon={IconArrowDown} size="s" />
          <Trans>חזרה למה שנשמע</Trans>
        </button>
      )}
    </section>
  )
}

/** A voicemail consists of the caller's message only. */
function LeftMessage({ text, caller }: { text: string; caller: string }) {
  const { t } = useLingui()
  return (
    <section className="transcript" aria-label={t`תמלול`}>
      <ol className="ledger turnlines">
        <li>
          <span className="at">
            <Icon icon={IconMessage2} size="s" />
          </span>
          <div className="it">
            <b className="sp">
              <bdi>{caller}</bdi>
            </b>
            <p className="plain" dir={dirOf(text)}>
              {text}
            </p>
          </div>
        </li>
      </ol>
    </section>
  )
}
