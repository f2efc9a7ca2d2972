import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'
import type { Edit } from '../api/edit'
import { ChangedBy } from './ChangedBy'

interface Props<T> {
  edit: Edit<T>
  show: (theirs: T) => ReactNode
  remove: () => void
}

/** Shown when a removal was refused because another user has changed the item. */
export function RemovalRefused<T>({ edit, show, remove }: Props<T>) {
  if (edit.theirs === undefined) return null
  return (
    <ChangedBy
      name={null}
      theirs={<span className="strong">{show(edit.theirs)}</span>}
      mineLabel={<Trans>להסיר בכל זאת</Trans>}
      theirsLabel={<Trans>להשאיר</Trans>}
      onMine={() => {
        edit.takeMine()
        remove()
      }}
      onTheirs={edit.takeTheirs}
    />
  )
}
