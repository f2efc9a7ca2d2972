import { useVirtualizer, type VirtualItem, type Virtualizer } from '@tanstack/react-virtual'
import { type RefObject, useCallback, useLayoutEffect, useRef } from 'react'
import type { Row } from '../model/rows'

const HEIGHTS: Record<Row['type'], number> = { day: 46, fresh: 40, item: 62, outgoing: 72 }
const heightOf = (row: Row | undefined) =>
  row?.type === 'item' && row.item.kind === 'call' ? 150 : row ? HEIGHTS[row.type] : 62

interface Options {
  rows: readonly Row[]
  element: RefObject<HTMLDivElement | null>
  hasNewer: boolean
  nearEndPx: number
}

/**
 * The virtual list of a conversation. Until a row is measured, its height is an estimate. If a row above the screen has
 * another height, the list scrolls by the difference, and renders the rows at their new places before the same frame.
 */
export function useVirtualRows({ rows, element, hasNewer, nearEndPx }: Options) {
  const wasFar = useRef(hasNewer)
  const virtual = useVirtualizer<HTMLDivElement, HTMLElement>({
    count: rows.length,
    getScrollElement: () => element.current,
    estimateSize: index => heightOf(rows[index]),
    getItemKey: index => rows[index]?.key ?? index,
    overscan: 10,
    paddingStart: 16,
    paddingEnd: 20,
    anchorTo: 'end',
    // Entries that follow far back are no reason to scroll, nor are the newest ones when they join these.
    followOnAppend: !hasNewer && !wasFar.current,
    scrollEndThreshold: nearEndPx,
  })
  virtual.shouldAdjustScrollPositionOnItemSizeChange = isAbove
  useLayoutEffect(() => {
    wasFar.current = hasNewer
  }, [hasNewer])
  /** The `ref` of each row. */
  const measure = useCallback(
    (row: HTMLElement | null) => {
      // Computes the places again after the other new rows were measured.
      virtual.getTotalSize()
      // While the user scrolls, the list would measure a row only before the next frame. If the user scrolls on until
      // then, the row may be on the screen, where a change of its height moves the rows below it.
      const { isScrolling } = virtual
      virtual.isScrolling = false
      virtual.measureElement(row)
      virtual.isScrolling = isScrolling
    },
    [virtual],
  )
  return { virtual, measure }
}

/**
 * Whether the list scrolls by the change of a row's height. Also while the user scrolls up, unlike the default: older
 * entries that are joined can change the first row.
 */
function isAbove(row: VirtualItem, _: number, virtual: Virtualizer<HTMLDivElement, HTMLElement>): boolean {
  const top = virtual.scrollOffset ?? 0
  return virtual.itemSizeCache.has(row.key) ? row.end <= top : row.start < top
}
