import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import { isReturn } from './back-guard'
import { merged, partsOf, type Range, type RowKey, rangeBetween } from './row-ranges'

/** A list with at most so many rows renders all of them. */
const WHOLE = 40
/** The number of rows of the first render, before the list knows its place on the screen. */
const START = 24
/** The number of rows that are rendered on each side of a row with the focus, for the Tab key. */
const BESIDE = 5
/** Rows are rendered before they are closer to the screen than the first number of px, up to the second one. */
const NEAR = 600
const FAR = 1200

/**
 * The measured heights of rows, in px, and the last positions. They outlive the list, so that it is at the same place after
 * "back".
 */
class Heights {
  /** By the search parameters of the page, which have the filter. */
  readonly positions = new Map<string, number>()
  private readonly known = new Map<RowKey, number>()
  private width = 0
  /** The height of an unknown row: the average of the first measured ones. It stays, because a change would move rows. */
  private typical: number

  constructor(typical: number) {
    this.typical = typical
  }

  readonly of = (key: RowKey): number => this.known.get(key) ?? this.typical

  /** `width` is that of the list: another one changes the heights. */
  measure(heights: readonly (readonly [RowKey, number])[], width: number): void {
    if (width !== this.width) this.known.clear()
    this.width = width
    const sum = heights.reduce((sum, [, height]) => sum + height, 0)
    if (this.known.size === 0 && sum > 0) this.typical = sum / heights.length
    for (const [key, height] of heights) this.known.set(key, height)
  }
}

const lists = new Map<string, Heights>()

export interface Place {
  'aria-posinset': number
  'aria-setsize': number
}

/** Says to a screen reader which row of the list this is, because others are left out. */
export const placeOf = (index: number, count: number, hasMore: boolean): Place => ({
  'aria-posinset': index + 1,
  'aria-setsize': hasMore ? -1 : count,
})

function heightsOf(name: string, first: number): Heights {
  const heights = lists.get(name) ?? new Heights(first)
  lists.set(name, heights)
  return heights
}

interface Options {
  /** Lists with the same name have the same rows, such as those of two filters. */
  name: string
  /** The keys of all rows in their order. */
  keys: readonly RowKey[]
  /** The height, in px, of a row in the default font. */
  height: number
  /** The row that is open beside the list. It stays rendered, also after it is closed, so that it can get the focus. */
  current?: RowKey | null
}

/**
 * Renders only the rows of a long list that are near the screen, and those around the focus. `ref` belongs to the element
 * whose first children are the rows and the empty rows (`data-gap`), in the order of `parts`. A printed list is whole.
 */
export function useLongList<E extends HTMLElement>({ name, keys, height, current = null }: Options) {
  const ref = useRef<E>(null)
  const heights = heightsOf(name, height)
  const [near, setNear] = useState<Range>({ from: 0, to: START })
  const isPrinted = useIsPrinted()
  const focused = useFocusedRow(ref, keys, () => shown)
  const last = useRef(current)
  if (current !== null) last.current = current

  const around = (key: RowKey | null, by: number): Range => {
    const at = key === null ? -1 : keys.indexOf(key)
    return at < 0 ? { from: 0, to: 0 } : { from: at - by, to: at + by + 1 }
  }
  const isWhole = isPrinted || keys.length <= WHOLE
  const ranges = isWhole
    ? [{ from: 0, to: keys.length }]
    : merged([near, around(focused, BESIDE), around(last.current, 0)], keys.length)
  const parts = partsOf(keys, ranges, heights.of)
  const shown = parts.flatMap(part => ('index' in part ? part.key : []))

  /** The first row on the screen. */
  const anchor = useRef<Anchor>(undefined)
  /** Where the rows were when they were last measured, in px from the start of the list. */
  const places = useRef<ReadonlyMap<Element, number>>(new Map())
  /** Returns the rows to render instead of the present ones; undefined if these reach far enough, or the list is hidden. */
  const look = (): Range | undefined => {
    const list = ref.current
    if (!list || startOf(list) === undefined) return undefined
    const rows = rowsOf(list).slice(0, shown.length)
    const scroller = scrollerOf(list)
    const before = anchor.current
    if (before && (before.scroller !== scroller || before.width !== innerWidth)) {
      scrollBack(before, rows[shown.indexOf(before.key)], scroller)
    }
    const start = startOf(list) ?? 0
    const boxes = rows.map(row => row.getBoundingClientRect())
    places.current = new Map(rows.map((row, at) => [row, (boxes[at]?.top ?? 0) - start]))
    heights.measure(
      shown.map((key, at) => [key, boxes[at]?.height ?? 0]),
      list.getBoundingClientRect().width,
    )
    const edge = edgeOf(scroller)
    const first = boxes.findIndex(({ bottom }) => bottom > edge)
    const [key, box] = [shown[first], boxes[first]]
    const isAtStart = start >= edge - 1
    anchor.current =
      isAtStart || key === undefined || !box ? undefined : { key, offset: box.top - edge, scroller, width: innerWidth }
    if (isWhole) return undefined
    const within = (px: number) => rangeBetween(keys, heights.of, -start - px, innerHeight - start + px)
    const { from, to } = within(NEAR)
    return from < near.from || to > Math.min(near.to, keys.length) ? within(FAR) : undefined
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list may stay when the filter changes
  useLayoutEffect(() => {
    const top = heights.positions.get(location.search)
    if (!ref.current || !isReturn() || top === undefined) return
    const scroller = scrollerOf(ref.current)
    // The browser itself restores that of the whole page.
    if (scroller === document.documentElement) return
    scroller.scrollTop = top
    places.current = new Map()
  }, [heights, location.search])
  useLayoutEffect(() => {
    // Otherwise the browser scrolls as well when rows are added.
    const scroller = ref.current && scrollerOf(ref.current)
    // A whole page also scrolls for what is outside of the list.
    const elements = [ref.current, scroller === document.documentElement ? null : scroller]
    const styles = elements.flatMap(element => (element instanceof HTMLElement ? element.style : []))
    for (const style of styles) style.setProperty('overflow-anchor', 'none')
    return () => {
      for (const style of styles) style.removeProperty('overflow-anchor')
    }
  }, [])
  const latest = useRef(look)
  useLayoutEffect(() => {
    if (ref.current) keepPlace(ref.current, places.current)
    latest.current = look
    const next = look()
    if (next) setNear(next)
  })
  useEffect(() => {
    const follow = ({ target }: Event) => {
      const list = ref.current
      if (!list || !(target instanceof Node ? target.contains(list) : target === window)) return
      if (target instanceof Element) heights.positions.set(location.search, target.scrollTop)
      const next = latest.current()
      // The browser must not paint the empty rows.
      if (next) flushSync(() => setNear(next))
    }
    addEventListener('scroll', follow, { capture: true, passive: true })
    addEventListener('resize', follow)
    return () => {
      removeEventListener('scroll', follow, { capture: true })
      removeEventListener('resize', follow)
    }
  }, [heights])
  return { ref, parts }
}

const rowsOf = (list: Element): Element[] => [...list.children].filter(row => !row.hasAttribute('data-gap'))

/** The distance of the first row from the top of the window, in px; undefined if the list is empty or hidden. */
const startOf = (list: Element | null): number | undefined =>
  list && list.getClientRects().length > 0 ? list.firstElementChild?.getBoundingClientRect().top : undefined

/**
 * Scrolls by what most rows on the screen have moved within the list, such as when a row was added above them. At the start
 * of the list, it shows the new row instead.
 */
function keepPlace(list: Element, places: ReadonlyMap<Element, number>): void {
  const start = startOf(list)
  if (start === undefined) return
  const moves = [...places].flatMap(([row, place]) =>
    row.isConnected && start + place > 0 && start + place < innerHeight
      ? row.getBoundingClientRect().top - start - place
      : [],
  )
  const moved = moves.sort((a, b) => a - b)[moves.length >> 1] ?? 0
  if (Math.abs(moved) < 1) return
  const scroller = scrollerOf(list)
  if (start < edgeOf(scroller) - 1) scroller.scrollTop += moved
}

interface Anchor {
  key: RowKey
  /** The distance from the top edge of what scrolls, in px. */
  offset: number
  scroller: Element
  /** That of the window. */
  width: number
}

/** In another layout, such as after a rotation, another element may scroll, and the rows have other heights. */
function scrollBack({ offset }: Anchor, row: Element | undefined, scroller: Element): void {
  if (row) scroller.scrollTop += row.getBoundingClientRect().top - edgeOf(scroller) - offset
}

/** The distance of what scrolls from the top of the window, in px. */
const edgeOf = (scroller: Element): number =>
  scroller === document.documentElement ? 0 : scroller.getBoundingClientRect().top

function scrollerOf(list: Element): Element {
  for (let at: Element | null = list; at; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return at
  }
  return document.documentElement
}

/** Returns the key of the row with the focus. It is kept while no other element has the focus, such as in another window. */
function useFocusedRow(list: RefObject<Element | null>, keys: readonly RowKey[], shown: () => readonly RowKey[]) {
  const [focused, setFocused] = useState<RowKey | null>(null)
  const keyOf = useRef<(row: Element) => RowKey | null>(() => null)
  useLayoutEffect(() => {
    keyOf.current = target => {
      const rows = list.current ? rowsOf(list.current) : []
      return shown()[rows.findIndex(row => row.contains(target))] ?? null
    }
  })
  useEffect(() => {
    const follow = ({ target }: FocusEvent) => target instanceof Element && setFocused(keyOf.current(target))
    document.addEventListener('focusin', follow)
    return () => document.removeEventListener('focusin', follow)
  }, [])
  return focused !== null && keys.includes(focused) ? focused : null
}

function useIsPrinted(): boolean {
  const [isPrinted, setPrinted] = useState(false)
  const set = useCallback((is: boolean) => flushSync(() => setPrinted(is)), [])
  useEffect(() => {
    const [begin, end] = [() => set(true), () => set(false)]
    addEventListener('beforeprint', begin)
    addEventListener('afterprint', end)
    return () => {
      removeEventListener('beforeprint', begin)
      removeEventListener('afterprint', end)
    }
  }, [set])
  return isPrinted
}
