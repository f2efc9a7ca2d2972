import { type ReactNode, type RefObject, useEffect, useRef } from 'react'

/** Calls `run` when the returned element comes near the screen, while that `isWanted`. */
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

/** The end of a list: fetches the next page when it comes into view, or when it is pressed. */
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
