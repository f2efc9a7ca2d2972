import { IconAlertCircle, IconPlus } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Icon } from '#shared/components/Icon'

interface Props {
  legend: ReactNode
  error: string | undefined
  /** The name of the button that adds a row. */
  add: ReactNode
  /** Undefined if there are as many rows as allowed. */
  onAdd: (() => void) | undefined
  children: ReactNode
}

export function Rows({ legend, error, add, onAdd, children }: Props) {
  return (
    <fieldset className="tool-rows">
      <legend className="lb">{legend}</legend>
      {children}
      {error && (
        <p className="err" role="alert">
          <Icon icon={IconAlertCircle} size="s" />
          <span>{error}</span>
        </p>
      )}
      {onAdd && (
        <button className="btn quiet" type="button" onClick={onAdd}>
          <Icon icon={IconPlus} size="s" />
          {add}
        </button>
      )}
    </fieldset>
  )
}
