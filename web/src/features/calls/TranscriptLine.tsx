import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil } from '@tabler/icons-react'
import { type MouseEvent, memo } from 'react'
import type { Player } from '#shared/audio'
import { Icon } from '#shared/components/Icon'
import { dirOf } from '#shared/format/bidi'
import { duration } from '#shared/format/time'
import { ToolLine } from './ToolLine'
import { type cutOffBy, isSpoken, type Line, type Word } from './words'

interface Props {
  index: number
  line: Line
  caller: string
  player: Player | null
  /** The index of the word that is being played, -1 between words; null if this line is not being played. */
  currentWord: number | null
  isFound: boolean
  /** Why the end of the line was not heard, if it was not. */
  cutOff: ReturnType<typeof cutOffBy>
}

/** A click on the time or on a word starts the playback there. */
export const TranscriptLine = memo(function TranscriptLine(props: Props) {
  const { index, line, caller, player, currentWord, isFound, cutOff } = props
  const { turn, fromMs, words } = line
  const onWord = (event: MouseEvent) => {
    const from = event.target instanceof HTMLElement ? event.target.dataset.from : undefined
    if (!player || from === undefined || getSelection()?.isCollapsed === false) return
    player.playFrom(Number(from))
  }
  if (!isSpoken(turn)) {
    return (
      <li data-line={index}>
        <span className="at num">{duration(fromMs)}</span>
        <div className="it">
          <ToolLine turn={turn} />
        </div>
      </li>
    )
  }
  const hasUnheard = words.some(({ isHeard }) => !isHeard)
  return (
    <li data-line={index} className={currentWord === null ? (isFound ? 'found' : undefined) : 'now'}>
      <Start player={player} ms={fromMs} />
      <div className="it">
        {turn.speaker === 'agent' ? (
          <b className="sp ag">
            <Icon icon={IconPencil} size="s" />
            <Trans>הסוכן</Trans>
          </b>
        ) : (
          <b className="sp">
            <bdi>{caller}</bdi>
          </b>
        )}
        <p className={`plain ${player ? 'seekable' : ''}`} dir={dirOf(turn.text)} onClick={onWord}>
          {words.map((word, at) =>
            word.isHeard ? (
              <WordSpan key={`${word.fromMs} ${at}`} word={word} isCurrent={at === currentWord} isFirst={at === 0} />
            ) : null,
          )}
          {hasUnheard && (
            <>
              {' '}
              <s>{words.flatMap(({ text, isHeard }) => (isHeard ? [] : [text])).join(' ')}</s>
            </>
          )}
        </p>
        {hasUnheard && (
          <p className="small faint">
            {cutOff === 'answer' ? (
              <Trans>הקו החוצה: נאמר אבל לא נשמע, כי עובד ענה לשיחה</Trans>
            ) : cutOff === 'end' ? (
              <Trans>הקו החוצה: נאמר אבל לא נשמע, כי עובד סיים את השיחה</Trans>
            ) : (
              <Trans>הקו החוצה: נאמר אבל לא נשמע, כי הצד השני נכנס לדברים</Trans>
            )}
          </p>
        )}
      </div>
    </li>
  )
})

function WordSpan({ word, isCurrent, isFirst }: { word: Word; isCurrent: boolean; isFirst: boolean }) {
  const gap = isFirst ? '' : ' '
  return (
    <>
      {gap}
      {isCurrent ? <mark>{word.text}</mark> : <span data-from={word.fromMs}>{word.text}</span>}
    </>
  )
}

function Start({ player, ms }: { player: Player | null; ms: number }) {
  const { t } = useLingui()
  const text = duration(ms)
  if (!player) return <span className="at num">{text}</span>
  return (
    <button className="at num" type="button" aria-label={t`${text}, ניגון מכאן`} onClick={() => player.playFrom(ms)}>
      {text}
    </button>
  )
}
