import { Modal, type ModalProps } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useReturnFocus } from '../opener'

/**
 * A modal dialog. When it closes, the element that had the focus before gets it again, also if the dialog is not
 * rendered any more: Mantine returns the focus only when `opened` changes.
 */
export function Dialog({ opened = true, children, ...props }: Omit<ModalProps, 'opened'> & { opened?: boolean }) {
  return (
    <>
      {opened && <ReturnFocus />}
      <Modal opened={opened} {...props}>
        <HeadSpace />
        {children}
      </Modal>
    </>
  )
}

function ReturnFocus(): null {
  useReturnFocus()
  return null
}

/** A dialog that begins above this height has its title where toasts are shown on phones, in px. */
const TOASTS_END = 160

/** Sets `--dialog-head` to the end of the title of a dialog that reaches the top of the screen; toasts begin there. */
function HeadSpace() {
  const place = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    const content = place.current?.closest<HTMLElement>('section')
    const head = content?.querySelector<HTMLElement>('header')
    if (!content || !head) return
    const { style } = document.documentElement
    // The offset does not contain the transition, which moves the dialog.
    const measure = () => {
      if (content.offsetTop > TOASTS_END) style.removeProperty('--dialog-head')
      else style.setProperty('--dialog-head', `${content.offsetTop + head.offsetHeight + 8}px`)
    }
    const observer = new ResizeObserver(measure)
    observer.observe(content)
    return () => {
      observer.disconnect()
      style.removeProperty('--dialog-head')
    }
  }, [])
  return <span ref={place} hidden />
}
