import { useEffect, useRef } from 'react'

const OWN = 'button, a, input, textarea, select, summary, [role=menuitem], [contenteditable]'

/** Calls `run` on the space bar, unless the focused control handles that key itself or a dialog is open. */
export function useSpace(run: () => void): void {
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.code !== 'Space' || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return
      if (event.target instanceof Element && event.target.closest(OWN)) return
      if (document.querySelector('[role=dialog][aria-modal=true]')) return
      event.preventDefault()
      latest.current()
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [])
}
