import { type RefObject, useEffect, useRef } from 'react'

/**
 * Keeps the newest row in view when the list's height shrinks: the keyboard opens, the phone is rotated, or the field
 * grows.
 */
export function useKeepEnd(element: RefObject<HTMLElement | null>, nearPx: number, toEnd: () => void): void {
  const latest = useRef(toEnd)
  latest.current = toEnd
  useEffect(() => {
    const box = element.current
    if (!box) return
    let height = box.clientHeight
    const observer = new ResizeObserver(() => {
      const wasAtEnd = box.scrollHeight - box.scrollTop - height < nearPx
      const isLower = box.clientHeight < height
      height = box.clientHeight
      if (isLower && wasAtEnd) latest.current()
    })
    observer.observe(box)
    return () => observer.disconnect()
  }, [element, nearPx])
}
