import { useEffect, useRef } from 'react'
import { useSearch } from 'wouter'

export const useTargetName = (): string | undefined => new URLSearchParams(useSearch()).get('at') ?? undefined

/** A link to the page with `?at=name` scrolls to the element with this name and focuses it. */
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
