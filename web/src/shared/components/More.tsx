import { type ReactNode, type RefObject, useEffect, useRef } from 'react'

/**
 * Returns a ref for an element. While `isWanted` is true, calls `run` each time the element comes into view, and once
 * at the start if it is in view already. `margin` enlarges the area that counts as in view, of the window and of elements
 * that scroll by themselves; older browsers enlarge only that of the window.
 */
export function useInView<E extends HTMLElement>(
  run: () => unknown,
  isWanted = true,
  margin = '0px',
): RefObject<E | null> {
  const element = useRef<E>(null)
  const latest = useRef(run)
  latest.current = run
  useEffect(() => {
    if (!isWanted || !element.current) return
    // The types do not have `scrollMargin` yet.
    const area = { rootMargin: margin, scrollMargin: margin }
    const observer = new IntersectionObserver(
      entries => entries.some(({ isIntersecting }) => isIntersecting) && latest.current(),
      area,
    )
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [isWanted, margin])
  return element
}

/** The end of a paginated list. Fetches the next page when it scrolls into view or is pressed. */
export function More({ run, children }: { run: () => void; children: ReactNode }) {
  const ref = useInView<HTMLDivElement>(run)
  return (
    <div ref={ref} className="more">
      <button className="btn quiet" type="button" onClick={run}>
        {children}
      </button>
    </div>
  )
}
