import { useLayoutEffect } from 'react'

/**
 * While `isFull` is true, the page fills a phone's screen below the strips, and the bottom bar is hidden
 * (`html[data-full]` in the styles).
 */
export function useFullScreen(isFull: boolean): void {
  useLayoutEffect(() => {
    if (!isFull) return
    document.documentElement.dataset.full = ''
    return () => {
      delete document.documentElement.dataset.full
    }
  }, [isFull])
}
