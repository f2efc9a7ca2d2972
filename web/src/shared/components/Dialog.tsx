import { Modal, type ModalProps } from '@mantine/core'
import { useReturnFocus } from '../opener'

/**
 * A modal dialog. When it closes, the element that had the focus before gets it again, also if the dialog is not
 * rendered any more: Mantine returns the focus only when `opened` changes.
 */
export function Dialog({ opened = true, ...props }: Omit<ModalProps, 'opened'> & { opened?: boolean }) {
  return (
    <>
      {opened && <ReturnFocus />}
      <Modal opened={opened} {...props} />
    </>
  )
}

function ReturnFocus(): null {
  useReturnFocus()
  return null
}
