import { Trans } from '@lingui/react/macro'
import type { ReactNode } from 'react'

interface Props<T> {
  title: ReactNode
  items: readonly T[]
  words: (item: T) => ReactNode
  isBusy: boolean
  restore: (item: T) => void
}

/** The removed items of a list, which can be restored. Renders nothing if there are none. */
export function Removed<T extends { id: number }>({ title, items, words, isBusy, restore }: Props<T>) {
  if (items.length === 0) return null
  return (
    <details className="removed">
      <summary>
        {title} <span className="num">({items.length})</span>
      </summary>
      <ul className="entries">
        {items.map(item => (
          <li key={item.id} className="row">
            <span className="grow">{words(item)}</span>
            <button className="btn" type="button" disabled={isBusy} onClick={() => restore(item)}>
              <Trans>להחזיר לרשימה</Trans>
            </button>
          </li>
        ))}
      </ul>
    </details>
  )
}
