import { Trans } from '@lingui/react/macro'
import { IconAlertCircle, IconAlertTriangle, IconCheck, IconRefresh } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { ChangedBy } from '#shared/components/ChangedBy'
import { Icon } from '#shared/components/Icon'
import { WarningText } from '#shared/components/WarningText'
import { useSession } from '#shared/session'
import { useTargetName } from '#shared/target'
import { Control } from './Control'
import { Invalid } from './Invalid'
import { Locked } from './Locked'
import { Shown } from './Shown'
import type { Item } from './sections'
import { useConfirmed } from './use-confirmed'
import { type Change, useChange } from './use-settings'
import { isSame, ownValue } from './value'

/** How long «saved» is shown beside a field, in ms. The undo remains available in the list of changes. */
const SAVED_MS = 12_000

type Rejection =
  | { kind: 'value'; reason?: string }
  | { kind: 'number' }
  | { kind: 'range' }
  | { kind: 'other'; text: string }

/** A value to be saved, and the version on which it is based. */
interface Next {
  value: unknown
  version: number
  isUndo: boolean
}

/** Each setting is saved separately. */
export function SettingRow({ item }: { item: Item }) {
  const { isOwner } = useSession()
  const isTarget = useTargetName() === item.key
  const row = useRef<HTMLDivElement>(null)
  const [rejection, setRejection] = useState<Rejection>()
  const [undo, setUndo] = useState<{ value: unknown; canUndo: boolean }>()
  /** The value that was refused because another user saved first. */
  const [mine, setMine] = useState<{ value: unknown }>()
  const refused = (error: ReturnType<typeof asApiError>, { changes, expected }: Change) => {
    if (error.isTransient) return false
    const value = changes[item.key]
    if (confirmed.refused(error, { value, version: expected[item.key] ?? item.version, isUndo: false })) return true
    if (error.code === 'changed') {
      setMine({ value })
      return true
    }
    setRejection(
      error.code === 'invalid'
        ? { kind: 'value', reason: error.params.reason }
        : { kind: 'other', text: problemText(error) },
    )
    return true
  }
  const change = useChange({ onError: refused })
  /** The change that has failed, for example because of an outage. The same change can succeed later. */
  const unsaved = change.isError && asApiError(change.error).isTransient
  /** Sends the last change again. */
  const [again, setAgain] = useState<() => void>()
  useEffect(() => {
    if (!isTarget) return
    row.current?.scrollIntoView({ block: 'center' })
    row.current?.querySelector<HTMLElement>('input, select, textarea, button')?.focus()
  }, [isTarget])
  useEffect(() => {
    if (!undo) return
    const timer = setTimeout(() => setUndo(undefined), SAVED_MS)
    return () => clearTimeout(timer)
  }, [undo])
  const [drops, setDrops] = useState(0)
  const store = ({ value, version, isUndo }: Next) => {
    const reverse = isUndo ? undefined : { value: ownValue(item), canUndo: item.kind !== 'secret' }
    setUndo(undefined)
    const changes = { changes: { [item.key]: value }, expected: { [item.key]: version } }
    const send = () => change.mutate(changes, { onSuccess: () => setUndo(reverse) })
    setAgain(() => send)
    send()
  }
  const confirmed = useConfirmed(item, store, () => setDrops(drops + 1))
  const { ask, cancel, question } = confirmed
  const save = (value: unknown, version = item.version) => {
    setRejection(undefined)
    setMine(undefined)
    change.reset()
    if (item.kind !== 'secret' && isSame(value, item.value)) return cancel()
    ask({ value, version, isUndo: false })
  }
  const canEdit = item.editable && isOwner
  const id = `set-${item.key}`
  const isInline = item.kind === 'bool' && item.value !== null && !item.optional
  return (
    <div className={isInline ? 'set inline' : 'set'} ref={row} data-target={isTarget || undefined}>
      <div className="t">
        <h3 id={id}>{item.title}</h3>
        <p className="small muted" id={`${id}-help`}>
          {item.help}
        </p>
      </div>
      <div className="c">
        <Control
          key={drops}
          item={item}
          canEdit={canEdit}
          isBad={rejection !== undefined || unsaved}
          describedBy={rejection || unsaved ? `${id}-note` : `${id}-help`}
          labelledBy={id}
          onSave={save}
          onRejection={kind => {
            change.reset()
            setRejection(kind && { kind })
          }}
        />
        {unsaved && (
          <div className="err" id={`${id}-note`} role="alert" style={{ alignItems: 'center' }}>
            <Icon icon={IconAlertCircle} size="s" />
            <Trans>לא נשמר</Trans>
            <button className="btn link" type="button" onClick={again}>
              <Trans>לנסות שוב</Trans>
            </button>
          </div>
        )}
        {rejection && (
          <div className="err" id={`${id}-note`} role="alert">
            <Icon icon={IconAlertCircle} size="s" />
            {rejection.kind === 'other' ? (
              <span>{rejection.text}</span>
            ) : (
              <Invalid item={item} reason={rejection.kind === 'value' ? rejection.reason : undefined} />
            )}
          </div>
        )}
        {question}
        {mine && (
          <Overtaken
            item={item}
            mine={mine.value}
            onMine={() => save(mine.value)}
            onTheirs={() => {
              setMine(undefined)
              setDrops(drops + 1)
            }}
          />
        )}
        {undo && !rejection && !mine && question === undefined && (
          <p className="saved" role="status">
            <Icon icon={IconCheck} size="s" />
            <Trans>נשמר</Trans>
            {undo.canUndo && (
              <button
                className="btn link"
                type="button"
                onClick={() => ask({ value: undo.value, version: item.version, isUndo: true })}
              >
                <Trans>ביטול</Trans>
              </button>
            )}
          </p>
        )}
        {item.warnings.map(text => (
          <p key={text} className="src warn" role="alert">
            <Icon icon={IconAlertTriangle} size="s" />
            <span>
              <WarningText text={text} />
            </span>
          </p>
        ))}
        {item.restart_pending && (
          <p className="src warn">
            <Icon icon={IconRefresh} size="s" />
            <Trans>השינוי ייכנס לתוקף אחרי הפעלה מחדש של המכונה.</Trans>
          </p>
        )}
        {!item.editable && <Locked item={item} />}
      </div>
    </div>
  )
}

interface OvertakenProps {
  item: Item
  mine: unknown
  onMine: () => void
  onTheirs: () => void
}

/** Secrets are not shown. */
function Overtaken({ item, mine, onMine, onTheirs }: OvertakenProps) {
  const shown =
    item.kind === 'secret' ? {} : { theirs: <Shown value={item.value} />, mine: <Shown value={mine ?? item.default} /> }
  return <ChangedBy name={item.actor_name} {...shown} onMine={onMine} onTheirs={onTheirs} />
}
