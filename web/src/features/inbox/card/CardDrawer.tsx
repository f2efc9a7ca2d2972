import { Drawer } from '@mantine/core'
import { useOpened } from '#shared/deferred'
import type { Contact } from '../api'
import { Card } from './Card'

interface Props {
  isOpen: boolean
  contact: Contact
  onTask: () => void
  onClose: () => void
}

export function CardDrawer({ isOpen, onClose, ...card }: Props) {
  return (
    <Drawer
      opened={useOpened(isOpen)}
      onClose={onClose}
      position="right"
      size={340}
      padding={0}
      withCloseButton={false}
    >
      <div className="side drawer">
        <Card {...card} onClose={onClose} />
      </div>
    </Drawer>
  )
}
