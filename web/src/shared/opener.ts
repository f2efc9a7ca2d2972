import { useEffect, useRef } from 'react'

/**
 * Returns the focus to what had it when the calling component was first drawn, once the component is gone. Only if nothing else took it:
 * what was focused in the component leaves it to the body.
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
