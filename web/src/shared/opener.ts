import { useEffect, useRef } from 'react'
import { flushSync } from 'react-dom'

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

/** An element, and its index in its parent. */
interface Place {
  element: Element
  at: number
}

const isVisible = (element: HTMLElement) => element.offsetParent !== null

/**
 * Runs a change that removes the focused element from a form. If no other element takes the focus, it moves to the
 * form's first field, or to the place of the form if the change has closed it.
 */
export function keepFocusNear(form: HTMLFormElement | null, change: () => void): void {
  const ancestors: Place[] = []
  for (let element: Element | null = form; element; element = element.parentElement) {
    ancestors.push({ element, at: [...(element.parentElement?.children ?? [])].indexOf(element) })
  }
  flushSync(change)
  if (document.activeElement !== null && document.activeElement !== document.body) return
  const depth = ancestors.findIndex(({ element }) => element.isConnected)
  placeOf(ancestors[depth]?.element, ancestors[depth - 1])?.focus()
}

/** Returns what takes the focus instead of an element that was removed from `rest`; without one, a field in `rest`. */
function placeOf(rest: Element | undefined, removed: Place | undefined): HTMLElement | undefined {
  const found = (within: Element | undefined, selector: string) =>
    within && [...within.querySelectorAll<HTMLElement>(selector)].find(isVisible)
  if (!removed) return found(rest, 'input, textarea, select')
  // A dialog that has closed returns the focus itself.
  if (!(rest instanceof HTMLElement) || rest === document.body) return undefined
  // The row that was edited is shown at the place of its form. A key must not tick it.
  if (removed.element.matches('li')) return found(rest.children[removed.at], 'button:not([role=checkbox]), a[href]')
  return rest.tabIndex >= 0 ? rest : found(rest, 'button')
}
