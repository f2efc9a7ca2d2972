import { Plural, Trans, useLingui } from '@lingui/react/macro'
import { IconArrowDown } from '@tabler/icons-react'
import { type ReactNode, type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { Icon } from '#shared/components/Icon'
import { Hidden } from '#shared/components/text'
import { useConnection } from '#shared/events/stream'
import { serverNow } from '#shared/format/clock'
import { useFormat } from '#shared/session'
import type { Row } from '../model/rows'
import { Scrubber } from './Scrubber'
import { type Align, type Scroller, timeOf, useJumps } from './useJumps'
import { useKeepEnd } from './useKeepEnd'
import { useLater } from './useLater'
import type { TimelineState } from './useTimeline'
import { useVirtualRows } from './useVirtualRows'

/** A row to show. A new object shows the row again. */
export interface Target {
  key: string
}

interface Props {
  rows: readonly Row[]
  draw: (row: Row) => ReactNode
  /** The row to show first, such as a linked message. By default the line above the unread entries, or else the end. */
  target: Target | null
  timeline: TimelineState
  since: string
}

/** The distance from the newest row within which the list counts as scrolled to the end. */
const NEAR_END_PX = 80
/** More entries are fetched when fewer rows than this are above or below the screen. */
const ROWS_AHEAD = 12

/** Only rows near the screen are rendered. Visible rows do not move when older ones are loaded. */
export function Timeline({ rows, draw, target, timeline, since }: Props) {
  const { t } = useLingui()
  const { hasOlder, hasNewer, loadOlder, loadNewer } = timeline
  const element = useRef<HTMLDivElement>(null)
  const { virtual, measure } = useVirtualRows({ rows, element, hasNewer, nearEndPx: NEAR_END_PX })
  const items = virtual.getVirtualItems()

  const { show, place, release, isPinned } = usePin(rows, virtual, element)
  const forgetTarget = useFirstPlace(rows, target, virtual, show)
  const { jump, toEnd } = useJumps({ rows, timeline, virtual, show, release, isPinned })
  const connection = useConnection()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0
  const [isPlaced, setPlaced] = useState(false)
  useEffect(() => {
    // The first frame is rendered before the list has been scrolled.
    const frame = requestAnimationFrame(() => setPlaced(true))
    return () => cancelAnimationFrame(frame)
  }, [])
  useEffect(() => {
    if (!isPlaced || connection === 'lost' || rows.length === 0) return
    // A failed request is repeated when the user scrolls on, or when the connection is restored.
    if (hasOlder && first < ROWS_AHEAD) loadOlder().catch(() => undefined)
    if (hasNewer && last >= rows.length - ROWS_AHEAD) loadNewer().catch(() => undefined)
  }, [isPlaced, hasOlder, hasNewer, connection, first, last, rows.length, loadOlder, loadNewer])

  const [isAtBottom, setAtBottom] = useState(true)
  const onScroll = useCallback(() => {
    const box = element.current
    if (box) setAtBottom(box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX)
  }, [])
  // When the newest entries join those far back, the end of the list is not where it was.
  const wasFar = useRef(hasNewer)
  const isAtEnd = isAtBottom && !hasNewer && !wasFar.current
  useLayoutEffect(() => {
    wasFar.current = hasNewer
    onScroll()
  }, [hasNewer, onScroll])
  useStay(virtual, isAtEnd, isPinned, place)
  const later = useLater(timeline.newest, isAtEnd)

  const top = rows[items.find(({ end }) => end > (virtual.scrollOffset ?? 0))?.index ?? 0]
  useKeepEnd(element, NEAR_END_PX, () => {
    if (hasNewer) return
    release()
    virtual.scrollToEnd()
  })

  return (
    <div className="timeline">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a pane that scrolls takes the focus, so that the arrow keys scroll it */}
      <div ref={element} className="talk scroll" tabIndex={0} role="region" aria-label={t`ההודעות`} onScroll={onScroll}>
        <div className="rows" style={{ blockSize: virtual.getTotalSize() }}>
          {items.map(({ key, index, start }) => {
            const row = rows[index]
            return row ? (
              <div
                key={key}
                ref={measure}
                data-index={index}
                data-row={row.key}
                className="trow"
                style={{ transform: `translateY(${start}px)` }}
              >
                {row.type === 'day' ? (
                  <Day at={row.at} />
                ) : row.type === 'fresh' ? (
                  <div className="fresh">
                    <Plural value={row.count} one="חדש" two="2 חדשות" other="# חדשות" />
                  </div>
                ) : (
                  draw(row)
                )}
              </div>
            ) : null
          })}
        </div>
      </div>
      <Scrubber since={since} at={top ? timeOf(top) : null} onJump={jump} />
      {!isAtEnd && (
        <button
          className="btn round to-end"
          type="button"
          onClick={() => {
            forgetTarget()
            toEnd()
          }}
        >
          <Icon icon={IconArrowDown} size="s" />
          {later > 0 ? (
            <Plural value={later} one="הודעה חדשה" two="2 חדשות" other="# חדשות" />
          ) : (
            <Trans>לחדשות ביותר</Trans>
          )}
        </button>
      )}
    </div>
  )
}

function Day({ at }: { at: string }) {
  const format = useFormat()
  const now = serverNow()
  const days = format.daysFrom(at, now)
  return (
    <div className="day">
      <span>
        {days === 0 || days === -1 ? `${format.dayName(at, now)}, ` : ''}
        {format.longDate(at)}
        {format.day(at).slice(0, 4) === format.day(now).slice(0, 4) ? '' : ` ${format.day(at).slice(0, 4)}`}
      </span>
      <bdi className="heb" lang="he">
        {format.hebrewDate(at).replace(/\s\S+$/, '')}
      </bdi>
      <Hidden>.</Hidden>
    </div>
  )
}

/** The events that mean that the user scrolls manually. */
const BY_HAND = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const

/**
 * Scrolls to a row, and keeps it in its place until the user scrolls. The virtual list scrolls to an index, measures
 * the rows there and repeats this until the position is stable. If older rows are loaded meanwhile, the row's index
 * changes, so the scroll must start again with the new index.
 */
function usePin(rows: readonly Row[], virtual: Scroller, element: RefObject<HTMLElement | null>) {
  const pin = useRef<{ key: string; align: Align } | null>(null)
  const release = useCallback(() => {
    pin.current = null
  }, [])
  useEffect(() => {
    const box = element.current
    for (const name of BY_HAND) box?.addEventListener(name, release, { passive: true })
    return () => {
      for (const name of BY_HAND) box?.removeEventListener(name, release)
    }
  }, [element, release])
  const placedAt = useRef(-1)
  const indexOf = useCallback(() => (pin.current ? rows.findIndex(({ key }) => key === pin.current?.key) : -1), [rows])
  const place = useCallback(() => {
    const index = indexOf()
    placedAt.current = index
    if (pin.current && index >= 0) virtual.scrollToIndex(index, { align: pin.current.align })
  }, [indexOf, virtual])
  // Rows that are added below the pinned row do not change its index, so no scroll is needed.
  useLayoutEffect(() => {
    if (indexOf() !== placedAt.current) place()
  }, [indexOf, place])
  const show = useCallback(
    (key: string, align: Align) => {
      pin.current = { key, align }
      place()
    },
    [place],
  )
  const latest = useRef(rows)
  latest.current = rows
  const isPinned = useCallback(() => latest.current.some(({ key }) => key === pin.current?.key), [])
  return { show, place, release, isPinned }
}

/**
 * Keeps the end of the list in view when rows are added or measured, and when the page's font is loaded, which changes
 * the heights of rows. The virtual list alone can lose the end if the browser renders no frames, as in a frozen tab.
 */
function useStay(virtual: Scroller, isAtEnd: boolean, isPinned: () => boolean, place: () => void): void {
  const stay = useRef(isAtEnd)
  stay.current = isAtEnd
  const size = virtual.getTotalSize()
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the size is the reason to scroll
  useLayoutEffect(() => {
    if (stay.current && !isPinned()) virtual.scrollToEnd()
  }, [virtual, size, isPinned])
  useEffect(() => {
    const keep = () => {
      // `stay` is true until the first scroll event, even if that is the scroll to a pinned row, so the pin is checked
      // first.
      if (isPinned()) place()
      else if (stay.current) virtual.scrollToEnd()
    }
    // The rows are measured in the frame after the font is loaded.
    const again = () => void requestAnimationFrame(() => requestAnimationFrame(keep))
    document.fonts.addEventListener('loadingdone', again)
    return () => document.fonts.removeEventListener('loadingdone', again)
  }, [virtual, isPinned, place])
}

/** Also scrolls when `target` changes. The returned function forgets a target that is not loaded yet. */
function useFirstPlace(
  rows: readonly Row[],
  target: Target | null,
  virtual: Scroller,
  show: (key: string, align: Align) => void,
): () => void {
  const done = useRef<Target | null | undefined>(undefined)
  // In development, React mounts components twice, and the second list must be scrolled again.
  useEffect(
    () => () => {
      done.current = undefined
    },
    [],
  )
  useLayoutEffect(() => {
    if (rows.length === 0 || done.current === target) return
    const has = (key: string) => rows.some(row => row.key === key)
    if (target !== null && has(target.key)) {
      done.current = target
      return show(target.key, 'center')
    }
    // The target may not be loaded yet. Meanwhile the list is at its default position, and does not load pages by
    // itself.
    if (done.current === undefined) {
      if (has('fresh')) show('fresh', 'start')
      else virtual.scrollToEnd()
    }
    done.current = null
  }, [rows, target, virtual, show])
  return () => {
    done.current = target
  }
}
