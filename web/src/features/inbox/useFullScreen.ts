import { useLayoutEffect } from 'react'

/** While this is true, the page below the strips fills a phone's screen and hides the bar: `html[data-full]` in the styles. */
export function useFullScreen(isFull: boolean): void {
  useLayoutEffect(() => {
    if (!isFull) return
    document.documentElement.dataset.full = ''
    return () => {
      delete document.documentElement.dataset.full
    }
  }, [isFull])
}
