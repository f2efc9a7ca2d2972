import { type ReactNode, type RefObject, useEffect, useRef } from 'react'

/**
 * Returns a ref. While `isWanted` is true, calls `run` each time the element comes into view, or is in view at the
 * start. `margin` enlarges the area that counts as in view; in older browsers not within elements that scroll.
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

/** Fetches the next page of a list when the element scrolls into view or is pressed. */
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
