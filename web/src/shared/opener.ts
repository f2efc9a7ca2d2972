import { useEffect, useRef } from 'react'

/**
 * When the component unmounts, returns the focus to the element that had it at the first render. Does nothing if
 * another element has the focus; a focused element that is removed leaves the focus to the body.
 */
export function useReturnFocus(): void {
  const opener = useRef(document.activeElement)
  useEffect(
    () => () => {
      const isLost = document.activeElement === null || document.activeElement === document.body
      if (isLost && opener.current instanceof HTMLElement) opener.current.focus()
    },
    [],
  )
}
