import { Trans } from '@lingui/react/macro'
import { IconAlertCircle } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { useAction } from '#shared/api/action'
import { useEdit } from '#shared/api/edit'
import { Confirm } from '#shared/components/Confirm'
import { EditRow } from '#shared/components/EditRow'
import { Icon } from '#shared/components/Icon'
import { RemovalRefused } from '#shared/components/RemovalRefused'
import { Hidden } from '#shared/components/text'
import { type Kind, type Managed, type Named, refreshAll, remove } from './kind'

export interface Removal {
  /** The text after the removal. */
  done: string
  /** Restores the item; absent if that is impossible. */
  undo?: () => Promise<unknown>
  /** What is asked before a removal that cannot be undone. */
  question?: ReactNode
  /** Why the item cannot be removed. */
  refusal?: ReactNode
  onRemoved?: () => void
}

interface Props<T extends Managed, V extends Named> {
  kind: Kind<T, V>
  item: T
  name: string
  detail: ReactNode
  /** Buttons that change the item without a form. */
  aside?: ReactNode
  removal: Removal
  show: (item: T) => ReactNode
  /** Why the daemon refuses the removal with 409. */
  inUse?: ReactNode
  open: () => void
}

export function ManagedRow<T extends Managed, V extends Named>({
  kind,
  item,
  name,
  detail,
  aside,
  removal,
  show,
  inUse,
  open,
}: Props<T, V>) {
  const [refusal, setRefusal] = useState<ReactNode>()
  const edit = useEdit<T>(item.etag, { follows: true })
  const { undo } = removal
  const act = useAction({
    run: () => remove(kind, item.id, edit.headers()),
    done: () => removal.done,
    ...(undo && { undo: () => undo().then(() => refreshAll(kind)) }),
    onDone: () => {
      refreshAll(kind)
      removal.onRemoved?.()
    },
    onError: error => {
      refreshAll(kind)
      if (error.code === 'conflict' && inUse) setRefusal(inUse)
      return error.code === 'conflict' || edit.refused(error)
    },
  })
  const label = (
    <>
      <Trans>הסרה</Trans>
      <Hidden>
        {' '}
        <bdi>{name}</bdi>
      </Hidden>
    </>
  )
  return (
    <>
      <div className="managed-row">
        <EditRow className="grow" open={open}>
          <span className="grow">
            <bdi className="strong">{name}</bdi>
            <span className="small muted">{detail}</span>
          </span>
        </EditRow>
        {aside}
        {removal.question && !removal.refusal ? (
          <Confirm button={label} question={removal.question} onConfirm={() => act.mutate()} />
        ) : (
          <button
            className="btn quiet stop"
            type="button"
            disabled={act.isPending}
            onClick={() => (removal.refusal ? setRefusal(removal.refusal) : act.mutate())}
          >
            {label}
          </button>
        )}
      </div>
      {refusal && (
        <p className="err" role="alert">
          <Icon icon={IconAlertCircle} size="s" />
          <span>{refusal}</span>
        </p>
      )}
      <RemovalRefused edit={edit} show={show} remove={() => act.mutate()} />
    </>
  )
}
