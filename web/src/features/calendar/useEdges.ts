import { type RefObject, useEffect, useState } from 'react'

export interface Edges {
  /** Whether content is hidden before the start edge. */
  before: boolean
  /** Whether content is hidden after the end edge. */
  after: boolean
}

/** The position is negative in right-to-left pages, and fractional on some screens. */
export function edgesOf({ scrollLeft, scrollWidth, clientWidth }: ScrollPosition): Edges {
  const position = Math.abs(scrollLeft)
  return { before: position >= 1, after: scrollWidth - clientWidth - position >= 1 }
}

type ScrollPosition = Pick<Element, 'scrollLeft' | 'scrollWidth' | 'clientWidth'>

/** On which sides an element can scroll further sideways. */
export function useEdges(scroller: RefObject<HTMLElement | null>): Edges {
  const [edges, setEdges] = useState<Edges>({ before: false, after: false })
  useEffect(() => {
    const element = scroller.current
    if (!element) return
    const measure = () => {
      const next = edgesOf(element)
      setEdges(before => (before.before === next.before && before.after === next.after ? before : next))
    }
    element.addEventListener('scroll', measure, { passive: true })
    const observer = new ResizeObserver(measure)
    for (const observed of [element, ...element.children]) observer.observe(observed)
    return () => {
      element.removeEventListener('scroll', measure)
      observer.disconnect()
    }
  }, [scroller])
  return edges
}
