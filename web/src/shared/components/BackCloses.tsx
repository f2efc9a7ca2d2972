import { useEffect, useRef } from 'react'
import { newKey } from '../api/client'

/**
 * While this component is rendered, the browser's back button and the back gesture of a phone close the layer above the
 * page (a dialog or a sheet) instead of leaving the page.
 */
export function BackCloses({ close }: { close: () => void }) {
  const latest = useRef(close)
  latest.current = close
  useEffect(() => {
    const layer = newKey()
    // Delayed, because the strict mode of React mounts twice.
    const timer = setTimeout(() => history.pushState({ layer }, ''))
    const back = () => {
      if (history.state?.layer !== layer) latest.current()
    }
    addEventListener('popstate', back)
    return () => {
      clearTimeout(timer)
      removeEventListener('popstate', back)
      // Removes the history entry, unless a link in the layer has led to another page.
      if (history.state?.layer === layer) history.back()
    }
  }, [])
  return null
}
