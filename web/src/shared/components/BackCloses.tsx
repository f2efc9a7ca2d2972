import { useEffect, useRef } from 'react'
import { addLayer } from '../layers'

/**
 * While this component is rendered, the browser's back button and the back gesture of a phone close the layer above the
 * page (a dialog or a sheet) instead of leaving the page.
 */
export function BackCloses({ close }: { close: () => void }) {
  const latest = useRef(close)
  latest.current = close
  useEffect(() => addLayer(() => latest.current()), [])
  return null
}
