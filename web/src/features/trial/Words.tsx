import { Trans, useLingui } from '@lingui/react/macro'
import { IconPencil, IconTool } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { Icon } from '#shared/components/Icon'
import { Dot, Ltr, Plain } from '#shared/components/text'
import { type Line, type TurnMessage, unheard } from './protocol'

/** Screen readers announce complete lines only. */
export function Words({ lines }: { lines: readonly Line[] }) {
  const { t } = useLingui()
  const end = useRef<HTMLDivElement>(null)
  const shown = lines.filter(line => line.kind === 'tool' || line.turn.text.trim() !== '')
  const length = shown.reduce((sum, line) => sum + (line.kind === 'turn' ? line.turn.heard_text.length + 1 : 1), 0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: new words move the end
  useEffect(() => {
    // The braces are necessary: in newer browsers `scrollIntoView` returns a promise, which React would treat as a
    // clean-up function.
    end.current?.scrollIntoView({ block: 'nearest' })
  }, [length])
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling pane takes focus
    <div className="trial-words" role="log" aria-label={t`תמלול`} tabIndex={0}>
      <ol>
        {shown.map(line =>
          line.kind === 'tool' ? (
            <li key={line.id} className="trial-tool">
              <ToolLine name={line.name} />
            </li>
          ) : (
            <li key={line.turn.id} aria-hidden={!line.turn.is_final}>
              <TurnLine turn={line.turn} />
            </li>
          ),
        )}
      </ol>
      <div ref={end} />
    </div>
  )
}

function TurnLine({ turn }: { turn: TurnMessage }) {
  const isAgent = turn.speaker === 'agent'
  const rest = unheard(turn)
  return (
    <>
      <b className={isAgent ? 'ag' : ''}>
        {isAgent && <Icon icon={IconPencil} size="s" />}
        {isAgent ? <Trans>הסוכן</Trans> : <Trans>אתם</Trans>}
      </b>
      <p className={turn.is_final ? '' : 'now'} dir="auto">
        {isAgent ? turn.heard_text : turn.text}
        {rest && turn.is_final && ' '}
        {rest && (turn.is_final ? <s>{rest.trim()}</s> : <span className="wait">{rest}</span>)}
        {!isAgent && !turn.is_final && <span className="caret" />}
      </p>
      <Note turn={turn} />
    </>
  )
}

function Note({ turn }: { turn: TurnMessage }) {
  if (turn.speaker !== 'agent' || !turn.is_final) return null
  const seconds = turn.latency_ms === null ? null : (turn.latency_ms / 1000).toFixed(1)
  if (seconds === null && !turn.interrupted) return null
  return (
    <p className="small faint" aria-hidden>
      {seconds !== null && (
        <Trans>
          ענה תוך <Ltr>{seconds}</Ltr> שנ׳
        </Trans>
      )}
      {seconds !== null && turn.interrupted && <Dot />}
      {turn.interrupted && <Trans>נכנסתם לדברים, והסוף לא נשמע</Trans>}
    </p>
  )
}

function ToolLine({ name }: { name: string }) {
  return (
    <>
      <Icon icon={IconTool} size="s" />
      <span>
        {name === 'take_message' ? (
          <Trans>רושם הודעה. בשיחת ניסיון היא לא נשמרת</Trans>
        ) : name === 'transfer_to_person' ? (
          <Trans>בשיחה אמיתית הייתה כאן העברה לנציג</Trans>
        ) : (
          <Trans>
            הסוכן עושה פעולה: <Plain text={name} />. בשיחת ניסיון שום דבר לא נשמר
          </Trans>
        )}
      </span>
    </>
  )
}
