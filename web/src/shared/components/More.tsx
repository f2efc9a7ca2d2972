import { type ReactNode, type RefObject, useEffect, useRef } from 'react'

/** Calls `run` when the returned element comes near the screen, while `isWanted` is true. */
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
    const observer = new IntersectionObserver(
      entries => entries.some(({ isIntersecting }) => isIntersecting) && latest.current(),
      { rootMargin: margin },
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
