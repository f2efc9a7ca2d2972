import { Trans } from '@lingui/react/macro'
import { IconAlertCircle, IconCheck, IconRefresh } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import type { asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { Icon } from '#shared/components/Icon'
import { useSession } from '#shared/session'
import { Control } from './Control'
import { Invalid } from './Invalid'
import { Locked } from './Locked'
import { Shorter } from './Retention'
import { deletesMore } from './retention'
import type { Item } from './sections'
import { useChange } from './use-settings'
import { isSame, ownValue } from './value'

/** How long «saved» stands beside a field; its undo stays in the list of changes. */
const SAVED_MS = 12_000

type Rejection = { kind: 'value' } | { kind: 'number' } | { kind: 'range' } | { kind: 'other'; text: string }

/** One setting: its name and help, its control, and one note. It is saved by itself. */
export function SettingRow({ item, isTarget = false }: { item: Item; isTarget?: boolean }) {
  const { isOwner } = useSession()
  const row = useRef<HTMLDivElement>(null)
  const [rejection, setRejection] = useState<Rejection>()
  const [undo, setUndo] = useState<{ value: unknown; canUndo: boolean }>()
  const refused = (error: ReturnType<typeof asApiError>) => {
    if (error.isTransient) return false
    setRejection(error.code === 'invalid' ? { kind: 'value' } : { kind: 'other', text: problemText(error) })
    return true
  }
  const change = useChange({ onError: refused })
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
  const [shorter, setShorter] = useState<number>()
  const [drops, setDrops] = useState(0)
  const drop = () => {
    setShorter(undefined)
    setDrops(drops + 1)
  }
  const save = (value: unknown) => {
    setRejection(undefined)
    if (item.kind !== 'secret' && isSame(value, item.value)) return drop()
    // What is deleted does not come back, so it is counted first.
    if (deletesMore(item, value)) return setShorter(value)
    store(value)
  }
  const store = (value: unknown) => {
    setShorter(undefined)
    const before = ownValue(item)
    change.mutate(
      { [item.key]: value },
      {
        onSuccess: () => setUndo({ value: before, canUndo: item.kind !== 'secret' }),
      },
    )
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
          key={item.kind === 'secret' ? String(item.secret_set) : drops}
          item={item}
          canEdit={canEdit}
          isBad={rejection !== undefined}
          describedBy={rejection ? `${id}-note` : `${id}-help`}
          labelledBy={id}
          onSave={save}
          onRejection={kind => setRejection(kind && { kind })}
        />
        {rejection && (
          <div className="err" id={`${id}-note`} role="alert">
            <Icon icon={IconAlertCircle} size="s" />
            {rejection.kind === 'other' ? <span>{rejection.text}</span> : <Invalid item={item} />}
          </div>
        )}
        {shorter !== undefined && (
          <Shorter item={item} days={shorter} onConfirm={() => store(shorter)} onCancel={drop} />
        )}
        {undo && !rejection && shorter === undefined && (
          <p className="saved" role="status">
            <Icon icon={IconCheck} size="s" />
            <Trans>נשמר</Trans>
            {undo.canUndo && (
              <button
                className="btn link"
                type="button"
                onClick={() => change.mutate({ [item.key]: undo.value }, { onSuccess: () => setUndo(undefined) })}
              >
                <Trans>ביטול</Trans>
              </button>
            )}
          </p>
        )}
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
