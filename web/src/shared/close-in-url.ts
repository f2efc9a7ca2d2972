import { useCallback } from 'react'
import { goBack, urlBefore, whenReturned } from './layers'
import { changed, type UrlChange } from './url'

/**
 * Returns a function that closes a dialog whose state is in query parameters, by the change that removes them. If the
 * dialog added a history entry, the page goes back to the entry before, because a replaced entry would be the same one
 * again.
 */
export function useCloseInUrl(change: (change: UrlChange, replace?: boolean) => void): (close: UrlChange) => void {
  return useCallback(
    close =>
      whenReturned(() => {
        const query = changed(new URLSearchParams(location.search), close).toString()
        if (urlBefore() === location.pathname + (query && `?${query}`)) goBack()
        else change(close, true)
      }),
    [change],
  )
}
