import './manage.css'
import type { UseQueryResult } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { BackCloses } from '#shared/components/BackCloses'
import { Dialog } from '#shared/components/Dialog'
import { Loaded, SkeletonRows } from '#shared/components/states'
import { useOpened } from '#shared/deferred'
import { useOpenItems } from '#shared/open-items'
import { type FormParts, ItemForm } from './ItemForm'
import type { Kind, Managed, Named } from './kind'
import { ManagedRow, type Removal } from './ManagedRow'

export interface DialogState {
  isOpen: boolean
  onClose: () => void
}

interface Props<T extends Managed, V extends Named> extends DialogState {
  title: ReactNode
  lead: ReactNode
  kind: Kind<T, V>
  query: UseQueryResult<{ items: T[] }>
  form: FormParts<T, V>
  nameOf: (item: T) => string
  /** A line below the name, such as how often the item is used. */
  detail: (item: T) => ReactNode
  aside?: (item: T, items: readonly T[]) => ReactNode
  removal: (item: T, items: readonly T[]) => Removal
  inUse?: ReactNode
  /** The form for a new item. */
  add?: ReactNode
}

/** The items that the business defines, with everything that can be changed. */
export function ManagedDialog<T extends Managed, V extends Named>({ isOpen, onClose, title, ...list }: Props<T, V>) {
  return (
    <Dialog opened={useOpened(isOpen)} onClose={onClose} title={title} size={480}>
      <BackCloses close={onClose} />
      <Items {...list} />
    </Dialog>
  )
}

type ListProps<T extends Managed, V extends Named> = Omit<Props<T, V>, keyof DialogState | 'title'>

function Items<T extends Managed, V extends Named>({
  kind,
  query,
  lead,
  form,
  nameOf,
  detail,
  aside,
  removal,
  inUse,
  add,
}: ListProps<T, V>) {
  const [open, setOpen] = useState<number | null>(null)
  const items = query.data?.items
  const { rows, isGone } = useOpenItems(items, ({ id }) => id === open)
  const close = () => setOpen(null)
  return (
    <div className="managed">
      <p className="muted">{lead}</p>
      <Loaded query={query} skeleton={<SkeletonRows count={4} height={52} />}>
        {({ items }) => (
          <ul>
            {rows.map(item => (
              <li key={item.id}>
                {open === item.id ? (
                  <ItemForm kind={kind} item={item} isGone={isGone(item)} close={close} {...form} />
                ) : (
                  <ManagedRow
                    kind={kind}
                    item={item}
                    name={nameOf(item)}
                    detail={detail(item)}
                    aside={aside?.(item, items)}
                    removal={removal(item, items)}
                    show={form.show}
                    inUse={inUse}
                    open={() => setOpen(item.id)}
                  />
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {add}
    </div>
  )
}
