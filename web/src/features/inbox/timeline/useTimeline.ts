import { type QueryClient, type QueryKey, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef } from 'react'
import { queryClient } from '#shared/api/query'
import type { Change } from '#shared/events/changes'
import { onSignal } from '#shared/events/stream'
import { kindsOf, type TimelineFilter } from '#shared/timeline-filter'
import type { Page, TimelineItem } from '../api'
import { flatten, keyOf, withNewest } from '../model/pages'
import { type TimelineOf, timelinePage } from '../queries'

/** Pages from newest to oldest; within a page the entries are sorted from oldest to newest. */
interface Data {
  pages: Page<TimelineItem>[]
}

const ROOT = 'inbox-timeline'
const PAGE = 50
/** The page size for reaching an entry or a day far back, and for loading a timeline again. */
const FAR_PAGE = 200
/** The maximum number of pages that a jump loads. */
const MAX_FAR_PAGES = 400
/** When a timeline is loaded again, at most this many pages are kept. Scrolling back loads the others. */
const MAX_PAGES_AGAIN = 25

/** Kinds of changes about timeline entries. Their `ref_id` is the entry's id; for notes it is the contact's id. */
const ENTRY = /^(message|call|note|task|appointment)_/
/**
 * Matches the keys of entries whose changes do not name a contact. Most of these changes are about other contacts, so
 * they are no reason to load a timeline again that does not contain the entry.
 */
const OF_ANY_CONTACT = /^(task|task_done|appointment)-/
/** Kinds of changes that do not affect any timeline. */
const ELSEWHERE =
  /^(agent_tool|alert|answering|backup|bridge|draft|fact|knowledge_gap|merge_suggestion|opening_hours|saved_reply|scheduled_message|self_check|setting|setup|token|turn)_/

/** The thread ids of the opened timelines, by contact. */
const threadsOf = new Map<number, ReadonlySet<number>>()

const isAbout = (change: Change, contactId: number) =>
  !ELSEWHERE.test(change.kind) &&
  // The `ref_id` of a note's change is the contact's id.
  (!change.kind.startsWith('note_') || change.ref_id === contactId) &&
  (change.thread_id === null || threadsOf.get(contactId)?.has(change.thread_id) !== false)

// Invalidates the timelines that are not on the screen. They are loaded again when they are opened.
onSignal(signal => {
  if (signal.type !== 'changes') return
  void queryClient.invalidateQueries({
    queryKey: [ROOT],
    type: 'inactive',
    refetchType: 'none',
    predicate: ({ queryKey: [, contactId] }) => signal.changes.some(change => isAbout(change, Number(contactId))),
  })
})

/**
 * The query key does not start with an API path, so that a change does not refetch all loaded pages. All pages are one
 * query result. An infinite query would not work: after loading an older page, it restores the newer pages to their
 * state before that request.
 */
export function useTimeline(contactId: number, threads: readonly number[], filter: TimelineFilter = 'all') {
  const cache = useQueryClient()
  const key = useMemo(() => [ROOT, contactId, filter] as const, [contactId, filter])
  const of = useMemo(() => ({ contactId, filter }), [contactId, filter])
  const query = useQuery<Data>({
    queryKey: key,
    queryFn: ({ signal }) => readAgain(of, cache.getQueryData<Data>(key), signal),
  })
  useRefresh(cache, key, of, threads)

  const loading = useRef<Promise<void> | null>(null)
  /** Concurrent invocations share one request. */
  const loadOlder = useCallback(
    (limit = PAGE): Promise<void> => {
      loading.current ??= readOlder(cache, key, of, limit).finally(() => {
        loading.current = null
      })
      return loading.current
    },
    [cache, of, key],
  )
  /** Resolves with false if `isFound` accepts no entry, or after an abort. */
  const loadUntil = useCallback(
    async (isFound: (item: TimelineItem) => boolean, signal?: AbortSignal): Promise<boolean> => {
      for (let step = 0; step < MAX_FAR_PAGES && !signal?.aborted; step++) {
        const data = cache.getQueryData<Data>(key)
        if (data?.pages.some(page => page.items.some(isFound))) return true
        if (!data?.pages.at(-1)?.next_cursor) return false
        await loadOlder(FAR_PAGE)
      }
      return false
    },
    [cache, key, loadOlder],
  )

  const items = useMemo(() => (query.data ? flatten(query.data.pages) : undefined), [query.data])
  const hasOlder = query.data?.pages.at(-1)?.next_cursor != null
  return { items, error: query.error, refetch: query.refetch, hasOlder, loadOlder, loadUntil }
}

/** From the newest entry to the oldest known one. */
async function readAgain(of: TimelineOf, known: Data | undefined, signal: AbortSignal): Promise<Data> {
  const pages = [await timelinePage(of, null, known ? FAR_PAGE : PAGE, signal)]
  const oldest = known?.pages.at(-1)?.items[0]?.at
  while (oldest !== undefined && pages.length < MAX_PAGES_AGAIN) {
    const last = pages.at(-1)
    if (!last?.next_cursor || (last.items[0]?.at ?? '') <= oldest) break
    pages.push(await timelinePage(of, last.next_cursor, FAR_PAGE, signal))
  }
  return { pages }
}

async function readOlder(cache: QueryClient, key: QueryKey, of: TimelineOf, limit: number): Promise<void> {
  const before = cache.getQueryData<Data>(key)?.pages.at(-1)?.next_cursor
  if (!before) return
  const page = await timelinePage(of, before, limit)
  cache.setQueryData<Data>(key, current =>
    current?.pages.at(-1)?.next_cursor === before ? { pages: [...current.pages, page] } : current,
  )
}

/** The requests run one after the other, so that an older response never replaces a newer one. */
function useRefresh(cache: QueryClient, key: QueryKey, of: TimelineOf, threads: readonly number[]): void {
  const { contactId } = of
  const ids = threads.join()
  const before = useRef(ids)
  useEffect(() => {
    threadsOf.set(contactId, new Set(ids.split(',').map(Number)))
    // A merge adds the entries of another contact anywhere in the timeline.
    if (before.current !== ids) void cache.invalidateQueries({ queryKey: key })
    before.current = ids
  }, [ids, cache, contactId, key])

  useEffect(() => {
    let waiting: Change[] = []
    let isBusy = false
    let isOver = false
    const work = async () => {
      if (isBusy) return
      isBusy = true
      while (waiting.length > 0 && !isOver) {
        const changes = waiting
        waiting = []
        const isDone = await refresh(cache, key, of, changes).catch(() => false)
        // The query retries by itself, and shows its error.
        if (!isDone) await cache.invalidateQueries({ queryKey: key })
      }
      isBusy = false
    }
    const stop = onSignal(signal => {
      if (signal.type !== 'changes') return
      const mine = signal.changes.filter(change => isAbout(change, of.contactId))
      if (mine.length === 0) return
      waiting.push(...mine)
      void work()
    })
    return () => {
      stop()
      isOver = true
      if (waiting.length > 0 || isBusy) void cache.invalidateQueries({ queryKey: key, refetchType: 'none' })
    }
  }, [cache, key, of])
}

/** A note's change does not contain the note's id, so the result for it matches no entry. */
function namesOf({ kind, ref_id }: Change): string[] {
  if (!ENTRY.test(kind)) return []
  if (kind.startsWith('task_')) return [`task-${ref_id}`, `task_done-${ref_id}`]
  return [kind.startsWith('note_') ? `notes-of-${ref_id}` : `${kind.split('_')[0]}-${ref_id}`]
}

/** Whether a timeline with this filter can contain the entry with this key. */
function isOf(name: string, filter: TimelineFilter): boolean {
  const kind = name.startsWith('notes-of-') ? 'note' : (name.split('-')[0] ?? '')
  const { kinds } = kindsOf(filter)
  return kinds === undefined || kinds.split(',').includes(kind)
}

/** Resolves with false if the whole timeline must be loaded again. */
async function refresh(
  cache: QueryClient,
  key: QueryKey,
  of: TimelineOf,
  changes: readonly Change[],
): Promise<boolean> {
  const query = cache.getQueryCache().find({ queryKey: key })
  // The response of a running request may be older than the change.
  if (query?.state.fetchStatus === 'fetching') await query.promise?.catch(() => undefined)
  const data = cache.getQueryData<Data>(key)
  if (!data) return false
  const fresh = await timelinePage(of, null, PAGE)
  const known = new Set(fresh.items.map(keyOf))
  const named = new Set(changes.flatMap(namesOf).filter(name => isOf(name, of.filter)))
  for (const one of known) named.delete(one)
  const stale = data.pages.flatMap(({ items }, at) =>
    items.filter(item => named.delete(keyOf(item))).length > 0 ? at : [],
  )
  // An entry that no page contains may belong between the shown entries, for example a message that was in transit
  // during an outage.
  if ([...named].some(name => !OF_ANY_CONTACT.test(name)) && fresh.next_cursor != null) return false
  // The first page has grown beyond the size of a request, so it cannot be fetched as one page.
  if (stale[0] === 0) return false
  const again = await Promise.all(stale.map(at => timelinePage(of, data.pages[at - 1]?.next_cursor ?? null, FAR_PAGE)))
  // The whole timeline was loaded again meanwhile, perhaps later than `fresh`.
  if (cache.getQueryData<Data>(key)?.pages[0] !== data.pages[0]) return false
  cache.setQueryData<Data>(key, current => {
    if (!current) return current
    const pages = current.pages.map((page, at) => {
      const found = again[stale.indexOf(at)]
      if (!found) return page
      const last = new Set(page.items.map(keyOf))
      return { ...page, items: found.items.filter(item => last.has(keyOf(item))) }
    })
    return { pages: withNewest(pages, fresh) }
  })
  return true
}
