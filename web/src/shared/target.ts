import { useEffect, useRef } from 'react'
import { useSearch } from 'wouter'

/** Returns the name of the part of the page that a link points to. */
export const useTargetName = (): string | undefined => new URLSearchParams(useSearch()).get('at') ?? undefined

/**
 * Returns the attributes of the element with this name. A link to the page with `?at=name` scrolls to the element and
 * focuses it.
 */
export function useTarget<E extends HTMLElement = HTMLElement>(name: string) {
  const isTarget = useTargetName() === name
  const ref = useRef<E>(null)
  useEffect(() => {
    if (!isTarget) return
    ref.current?.scrollIntoView({ block: 'center' })
    ref.current?.focus({ preventScroll: true })
  }, [isTarget])
  return { ref, tabIndex: -1 }
}
