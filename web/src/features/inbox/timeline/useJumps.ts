import { useCallback, useLayoutEffect, useRef, useState } from 'react'
import type { Row } from '../model/rows'
import type { TimelineState } from './useTimeline'

export type Align = 'start' | 'center'

export interface Scroller {
  getTotalSize: () => number
  scrollToEnd: () => void
  scrollToIndex: (index: number, options: { align: Align }) => void
}

/** The time of a row; null if it has none. */
export const timeOf = (row: Row): string | null =>
  row.type === 'day' ? row.at : row.type === 'item' ? row.item.at : null

interface Jumping {
  rows: readonly Row[]
  timeline: TimelineState
  virtual: Scroller
  show: (key: string, align: Align) => void
  release: () => void
  isPinned: () => boolean
}

/** The ways to a date and to the end, both of which can be outside the loaded entries. */
export function useJumps({ rows, timeline, virtual, show, release, isPinned }: Jumping) {
  const { hasOlder, hasNewer, reach, toNewest } = timeline
  const [jumpTo, setJumpTo] = useState<string | null>(null)
  const jump = useCallback(
    async (at: string, signal: AbortSignal) => {
      if (await reach({ at }, signal)) setJumpTo(at)
    },
    [reach],
  )
  useLayoutEffect(() => {
    if (jumpTo === null) return
    const [first, last] = [rows.find(({ type }) => type === 'item'), rows.findLast(({ type }) => type === 'item')]
    // The loaded rows may be rendered later than this value.
    if (hasOlder && first && (timeOf(first) ?? '') > jumpTo) return
    if (hasNewer && last && (timeOf(last) ?? '') < jumpTo) return
    const index = rows.findIndex(row => row.type === 'day' && row.at >= jumpTo)
    const row = rows[index < 0 ? rows.length - 1 : index]
    if (row) show(row.key, 'start')
    setJumpTo(null)
  }, [jumpTo, rows, hasOlder, hasNewer, show])

  const toEnd = useCallback(() => {
    release()
    setJumpTo(null)
    toNewest()
    if (!hasNewer) virtual.scrollToEnd()
  }, [release, hasNewer, toNewest, virtual])
  const before = useRef({ rows, hasNewer })
  useLayoutEffect(() => {
    const first = before.current.rows.find(({ type }) => type === 'item')?.key
    const wasFar = before.current.hasNewer
    before.current = { rows, hasNewer }
    // The entries far back were replaced by the newest ones, and not joined to them.
    if (wasFar && !hasNewer && !isPinned() && !rows.some(({ key }) => key === first)) virtual.scrollToEnd()
  }, [rows, hasNewer, isPinned, virtual])
  return { jump, toEnd }
}
