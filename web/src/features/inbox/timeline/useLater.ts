import { useRef } from 'react'
import type { TimelineItem } from '../api'
import { keyOf } from '../model/pages'

/** The number of entries that were added at the end while the user was scrolled up. */
export function useLater(newest: readonly TimelineItem[] | undefined, isAtEnd: boolean): number {
  const last = newest?.at(-1)
  const seen = useRef(last)
  if (isAtEnd || seen.current === undefined) seen.current = last
  const before = seen.current
  if (!newest || !before) return 0
  const at = newest.findIndex(item => keyOf(item) === keyOf(before))
  return at < 0 ? newest.filter(item => item.at > before.at).length : newest.length - at - 1
}
