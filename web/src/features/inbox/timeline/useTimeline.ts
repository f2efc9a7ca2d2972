import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo } from 'react'
import type { Change } from '#shared/events/changes'
import { onSignal } from '#shared/events/stream'
import type { Page, TimelineItem } from '../api'
import { flatten, keyOf, withNewest } from '../model/pages'
import { timelinePage } from '../queries'

type Data = InfiniteData<Page<TimelineItem>, string | null>

const PAGE = 50
/** Pages that are loaded to reach an entry or a day far back are larger. */
const FAR_PAGE = 200
/** A jump reads at most this many entries. */
const MOST_FAR_PAGES = 400
/** Changes of one commit arrive together. */
const BATCH_MS = 60

/** Kinds of changes that no timeline shows. */
const ELSEWHERE = /^(alert|settings|draft|saved_reply|scheduled_message|merge_suggestion|turn|typing)/

/**
 * The timeline of a contact. Its key begins like no API path: a change fetches the newest page, or the page that it names, and not all
 * that was ever scrolled to.
 */
export function useTimeline(contactId: number, threads: readonly number[]) {
  const cache = useQueryClient()
  const key = useMemo(() => ['inbox-timeline', contactId] as const, [contactId])
  const query = useInfiniteQuery({
    queryKey: key,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => timelinePage(contactId, pageParam, PAGE, signal),
    getNextPageParam: page => page.next_cursor ?? null,
  })

  const refresh = useCallback(
    async (changes: readonly Change[]) => {
      const data = cache.getQueryData<Data>(key)
      if (!data) return
      const fresh = await timelinePage(contactId, null, PAGE)
      const known = new Set(fresh.items.map(keyOf))
      const older = data.pages.flatMap((page, at) => (at > 0 && concerns(page, changes, known) ? at : []))
      const again = await Promise.all(older.map(at => timelinePage(contactId, data.pageParams[at] ?? null, FAR_PAGE)))
      cache.setQueryData<Data>(key, current => {
        if (!current) return current
        const pages = current.pages.map((page, at) => {
          const found = again[older.indexOf(at)]
          if (!found) return page
          const last = new Set(page.items.map(keyOf))
          return { ...page, items: found.items.filter(item => last.has(keyOf(item))) }
        })
        const merged = withNewest(pages, fresh)
        return { pages: merged, pageParams: current.pageParams.slice(0, merged.length) }
      })
    },
    [cache, contactId, key],
  )

  const ids = threads.join()
  useEffect(() => {
    const own = new Set(ids.split(',').map(Number))
    let waiting: Change[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const stop = onSignal(signal => {
      if (signal.type !== 'changes') return
      const mine = signal.changes.filter(
        change => !ELSEWHERE.test(change.kind) && (change.thread_id === null || own.has(change.thread_id)),
      )
      if (mine.length === 0) return
      waiting.push(...mine)
      timer ??= setTimeout(() => {
        timer = undefined
        const changes = waiting
        waiting = []
        refresh(changes).catch(() => void cache.invalidateQueries({ queryKey: key }))
      }, BATCH_MS)
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [ids, refresh, cache, key])

  /** Loads older pages until `isFound` accepts an entry; answers whether it did. */
  const loadUntil = useCallback(
    async (isFound: (item: TimelineItem) => boolean, signal?: AbortSignal): Promise<boolean> => {
      for (let step = 0; step < MOST_FAR_PAGES; step++) {
        const data = cache.getQueryData<Data>(key)
        if (!data) return false
        if (data.pages.some(page => page.items.some(isFound))) return true
        const before = data.pages.at(-1)?.next_cursor
        if (!before) return false
        const page = await timelinePage(contactId, before, FAR_PAGE, signal)
        cache.setQueryData<Data>(key, current =>
          current?.pages.at(-1)?.next_cursor === before
            ? { pages: [...current.pages, page], pageParams: [...current.pageParams, before] }
            : current,
        )
      }
      return false
    },
    [cache, contactId, key],
  )

  const items = useMemo(() => (query.data ? flatten(query.data.pages) : undefined), [query.data])
  return { ...query, items, loadUntil }
}

/** Returns true if a change names an entry of the page that the newest page does not have. */
function concerns(page: Page<TimelineItem>, changes: readonly Change[], known: ReadonlySet<string>): boolean {
  return changes.some(({ ref_id, kind }) => {
    const family = kind.split('_')[0]
    return page.items.some(item => {
      const key = keyOf(item)
      return !known.has(key) && item.kind === family && key === `${family}-${ref_id}`
    })
  })
}
