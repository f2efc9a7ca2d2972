import { IconEdit } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Icon } from './Icon'

interface Props {
  open: () => void
  className?: string
  children: ReactNode
}

export function EditRow({ open, className = '', children }: Props) {
  return (
    <button className={`edit-row ${className}`} type="button" onClick={open}>
      {children}
      <Icon icon={IconEdit} size="s" />
    </button>
  )
}
