import { type KeyboardEvent as ReactKeyboardEvent, useLayoutEffect, useRef } from 'react'

/** A keyboard shortcut by the physical key (`KeyboardEvent.code`), so that it works in the Hebrew layout as well. */
export interface Shortcut {
  code: string
  /** Requires Ctrl or Cmd. If absent, neither may be pressed. */
  mod?: boolean
  /** Requires Shift. If absent, Shift is ignored. */
  shift?: boolean
  /** Whether the shortcut also works while the user types in a field; by default only with `mod`. */
  whileTyping?: boolean
  /** Whether holding the key down runs the shortcut only once. */
  once?: boolean
  /** The shortcut is ignored while this function returns false. */
  when?: () => boolean
  run: (event: KeyboardEvent) => void
}

const EDITABLE = 'input, textarea, select, [contenteditable]:not([contenteditable=false])'

/** Returns true if the event's target is a field in which the user types. */
export function isTyping(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.matches(EDITABLE)
}

/**
 * Returns the first shortcut that matches an event, if any. An event with Alt matches none: the browser and screen
 * readers use Alt.
 */
export function matching(shortcuts: readonly Shortcut[], event: KeyboardEvent): Shortcut | undefined {
  if (event.isComposing || event.altKey) return undefined
  const mod = event.ctrlKey || event.metaKey
  return shortcuts.find(
    ({ code, mod: wanted = false, shift = false, whileTyping = wanted, once = false, when }) =>
      event.code === code &&
      !(once && event.repeat) &&
      mod === wanted &&
      (!shift || event.shiftKey) &&
      (whileTyping || !isTyping(event)) &&
      (when?.() ?? true),
  )
}

/** The components that have the keys to themselves; the last one has them. */
const exclusive: object[] = []

/**
 * Registers shortcuts while the component is mounted. An open dialog blocks those without Ctrl or Cmd, and so does
 * another component with `isExclusive`. Escape runs no shortcut if it closes a menu or dialog.
 */
export function useShortcuts(shortcuts: readonly Shortcut[], { isExclusive = false } = {}): void {
  const current = useRef(shortcuts)
  current.current = shortcuts
  // What is on the screen must already react to its keys.
  useLayoutEffect(() => {
    const self = {}
    if (isExclusive) exclusive.push(self)
    let hasLayer = false
    // Called before the layer handles the key, and is gone.
    const look = ({ code }: KeyboardEvent) => {
      hasLayer = code === 'Escape' && document.querySelector('[role=menu], [role=dialog]') !== null
    }
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return
      const owner = exclusive.at(-1)
      const isBlocked = document.querySelector('[role=dialog][aria-modal=true]') || (owner && owner !== self)
      if (isBlocked && !(event.ctrlKey || event.metaKey)) return
      const found = matching(current.current, event)
      if (!found || hasLayer) return
      event.preventDefault()
      found.run(event)
    }
    addEventListener('keydown', look, true)
    addEventListener('keydown', listen)
    return () => {
      removeEventListener('keydown', look, true)
      removeEventListener('keydown', listen)
      if (isExclusive) exclusive.splice(exclusive.indexOf(self), 1)
    }
  }, [isExclusive])
}

/** Returns the letter on the key with this code: «KeyI» gives «I». */
export const letterOf = (code: string): string => code.replace(/^Key/, '')

/**
 * Moves the focus within the closest `container`, among the elements that match `stops`. `steps` has the number of
 * elements to move for each key; other keys are ignored.
 */
export function moveFocus(
  event: ReactKeyboardEvent<HTMLElement>,
  container: string,
  stops: string,
  steps: Record<string, number>,
): void {
  const by = steps[event.key]
  const within = event.currentTarget.closest(container)
  if (by === undefined || !within) return
  event.preventDefault()
  const elements = [...within.querySelectorAll<HTMLElement>(stops)]
  elements[elements.indexOf(event.currentTarget) + by]?.focus()
}
