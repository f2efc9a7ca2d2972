import { useEffect, useRef } from 'react'

/** A key by its place on the keyboard (`KeyboardEvent.code`), so that it works with the Hebrew layout as well. */
export interface Shortcut {
  code: string
  /** Ctrl, or Cmd on a Mac. */
  mod?: boolean
  /** With Shift; without this, Shift makes no difference. */
  shift?: boolean
  /** Also while the user types in a field. */
  whileTyping?: boolean
  /** The key is left to others while this is false. */
  when?: () => boolean
  run: (event: KeyboardEvent) => void
}

const EDITABLE = 'input, textarea, select, [contenteditable]:not([contenteditable=false])'

/** Returns true if the event belongs to a field in which the user types. */
export function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.matches(EDITABLE)
}

/** Finds the shortcut of an event. Letters with Alt belong to the browser and to screen readers. */
export function matching(shortcuts: readonly Shortcut[], event: KeyboardEvent): Shortcut | undefined {
  if (event.isComposing || event.altKey) return undefined
  const mod = event.ctrlKey || event.metaKey
  return shortcuts.find(
    ({ code, mod: wanted = false, shift = false, whileTyping = wanted, when }) =>
      event.code === code &&
      mod === wanted &&
      (!shift || event.shiftKey) &&
      (whileTyping || !isTyping(event)) &&
      (when?.() ?? true),
  )
}

/** Keys that work while the component is on the page; an open dialog keeps them to itself. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const current = useRef(shortcuts)
  current.current = shortcuts
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return
      const dialog = document.querySelector('[role=dialog][aria-modal=true]')
      if (dialog && !(event.ctrlKey || event.metaKey)) return
      const found = matching(current.current, event)
      if (!found) return
      event.preventDefault()
      found.run(event)
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  }, [])
}

/** The letter on the key with this code: «KeyI» is «I». */
export const letterOf = (code: string): string => code.replace(/^Key/, '')
