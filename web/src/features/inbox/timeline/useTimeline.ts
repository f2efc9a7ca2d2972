import { type QueryClient, type QueryKey, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef } from 'react'
import { asApiError } from '#shared/api/errors'
import { queryClient } from '#shared/api/query'
import type { Change } from '#shared/events/changes'
import { onSignal } from '#shared/events/stream'
import { kindsOf, type TimelineFilter } from '#shared/timeline-filter'
import type { Page, TimelineItem } from '../api'
import {
  flatten,
  includes,
  joined,
  keyOf,
  type Loaded,
  type Place,
  renewed,
  shownPages,
  withNewer,
  withNewest,
  withOlder,
} from '../model/pages'
import { type TimelineOf, timelinePage } from '../queries'

/** The first part of the query key of each timeline; the second one is the contact's id. */
export const TIMELINES = 'inbox-timeline'
const PAGE = 50
/** The page size around an entry or a day far back. */
const AROUND_PAGE = 100
/** The page size for loading a timeline again. */
const LARGE_PAGE = 200
/** When a timeline is loaded again, at most this many pages are kept. Scrolling back loads the others. */
const MAX_PAGES_AGAIN = 25

/** Kinds of changes about timeline entries. Their `ref_id` is the entry's id; for notes it is the contact's id. */
const ENTRY = /^(message|call|note|task|appointment)_/
/**
 * Matches the keys of entries whose changes do not name a contact. Most of these changes are about other contacts, so
 * they are no reason to load a timeline again that does not contain the entry.
 */
const OF_ANY_CONTACT = /^(task|task_done|appointment|appointment_cancelled)-/
/** Kinds of changes that can rename what any entry names. */
const NAMES = /^(resource|service|user)_/
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
    queryKey: [TIMELINES],
    type: 'inactive',
    refetchType: 'none',
    predicate: ({ queryKey: [, contactId] }) => signal.changes.some(change => isAbout(change, Number(contactId))),
  })
})

/**
 * The query key does not start with an API path, so that a change does not refetch all loaded pages. All pages are one
 * query result. An infinite query would not work: after loading an older page, it restores the newer pages to their
 * state before that request.
 *
 * A jump to an entry far back loads only the entries around it. They are shown instead of the newest ones until the user
 * scrolls to these or returns to the end.
 */
export function useTimeline(contactId: number, threads: readonly number[], filter: TimelineFilter = 'all') {
  const cache = useQueryClient()
  const key = useMemo(() => [TIMELINES, contactId, filter] as const, [contactId, filter])
  const of = useMemo(() => ({ contactId, filter }), [contactId, filter])
  const query = useQuery<Loaded>({
    queryKey: key,
    queryFn: ({ signal }) => readAgain(of, () => cache.getQueryData<Loaded>(key), signal),
  })
  useRefresh(cache, key, of, threads)

  const older = useOnce(() => readOlder(cache, key, of))
  const newer = useOnce(() => readNewer(cache, key, of))
  const reaching = useRef<AbortController>(undefined)
  /**
   * Resolves with false if the timeline does not have the entry, after an abort, and if the user has since chosen
   * another place.
   */
  const reach = useCallback(
    async (place: Place, signal: AbortSignal): Promise<boolean> => {
      reaching.current?.abort()
      const control = new AbortController()
      reaching.current = control
      signal.addEventListener('abort', () => control.abort())
      try {
        return await readAround(cache, key, of, place, control.signal)
      } catch (reason) {
        if (control.signal.aborted) return false
        throw reason
      }
    },
    [cache, key, of],
  )
  const toNewest = useCallback(() => {
    reaching.current?.abort()
    if (cache.getQueryData<Loaded>(key)?.far) {
      cache.setQueryData<Loaded>(key, current => current && { ...current, far: null })
    }
  }, [cache, key])

  const { data } = query
  const items = useMemo(() => data && flatten(shownPages(data)), [data])
  const pages = data?.pages
  const newest = useMemo(() => pages && flatten(pages), [pages])
  return {
    /** The entries to show. */
    items,
    /** The newest entries, also while others are shown. */
    newest,
    error: query.error,
    refetch: query.refetch,
    hasOlder: data !== undefined && shownPages(data).at(-1)?.next_cursor != null,
    hasNewer: data?.far != null,
    loadOlder: older,
    loadNewer: newer,
    reach,
    toNewest,
  }
}

export type TimelineState = ReturnType<typeof useTimeline>

/** Concurrent invocations share one run. */
function useOnce(run: () => Promise<void>): () => Promise<void> {
  const latest = useRef(run)
  latest.current = run
  const running = useRef<Promise<void> | null>(null)
  return useCallback(() => {
    running.current ??= latest.current().finally(() => {
      running.current = null
    })
    return running.current
  }, [])
}

const oldestOf = (pages: readonly Page<TimelineItem>[] | null | undefined) => pages?.at(-1)?.items[0]
const newestOf = (pages: readonly Page<TimelineItem>[] | null | undefined) => pages?.[0]?.items.at(-1)

/** The value of `around` for an entry. */
const entryOf = (key: string) => key.replace('-', '.')

/** From the newest entry to the oldest known one. */
async function readAgain(of: TimelineOf, data: () => Loaded | undefined, signal: AbortSignal): Promise<Loaded> {
  const known = data()
  const pages = [await timelinePage(of, {}, known ? LARGE_PAGE : PAGE, signal)]
  const oldest = oldestOf(known?.pages)?.at
  while (oldest !== undefined && pages.length < MAX_PAGES_AGAIN) {
    const last = pages.at(-1)
    if (!last?.next_cursor || (last.items[0]?.at ?? '') <= oldest) break
    pages.push(await timelinePage(of, { before: last.next_cursor }, LARGE_PAGE, signal))
  }
  const far = known?.far ? await readFarAgain(of, known.far, signal) : null
  const current = data()?.far ?? null
  // The user has jumped elsewhere during the requests.
  return joined({ pages, far: current === (known?.far ?? null) ? far : current })
}

/** From the oldest known entry to the newest one. Resolves with null if the entry no longer exists. */
async function readFarAgain(
  of: TimelineOf,
  known: readonly Page<TimelineItem>[],
  signal: AbortSignal,
): Promise<Page<TimelineItem>[] | null> {
  const [oldest, newest] = [oldestOf(known), newestOf(known)?.at]
  const first = oldest && (await pageAround(of, { key: keyOf(oldest) }, LARGE_PAGE, signal))
  if (!first) return null
  const pages = [first]
  while (newest !== undefined && pages.length < MAX_PAGES_AGAIN) {
    const last = pages[0]
    if (!last?.previous_cursor || (last.items.at(-1)?.at ?? '') >= newest) break
    pages.unshift(await timelinePage(of, { after: last.previous_cursor }, LARGE_PAGE, signal))
  }
  return pages
}

/** Resolves with null if the timeline does not have the entry. */
async function pageAround(
  of: TimelineOf,
  place: Place,
  limit: number,
  signal?: AbortSignal,
): Promise<Page<TimelineItem> | null> {
  const around = 'key' in place ? entryOf(place.key) : place.at
  try {
    return await timelinePage(of, { around }, limit, signal)
  } catch (reason) {
    if (asApiError(reason).status === 404) return null
    throw reason
  }
}

async function readOlder(cache: QueryClient, key: QueryKey, of: TimelineOf): Promise<void> {
  const data = cache.getQueryData<Loaded>(key)
  const before = data && shownPages(data).at(-1)?.next_cursor
  if (!before) return
  const page = await timelinePage(of, { before }, PAGE)
  cache.setQueryData<Loaded>(key, current => current && withOlder(current, before, page))
}

async function readNewer(cache: QueryClient, key: QueryKey, of: TimelineOf): Promise<void> {
  const after = cache.getQueryData<Loaded>(key)?.far?.[0]?.previous_cursor
  if (!after) return
  const page = await timelinePage(of, { after }, PAGE)
  cache.setQueryData<Loaded>(key, current => current && withNewer(current, after, page))
}

async function readAround(
  cache: QueryClient,
  key: QueryKey,
  of: TimelineOf,
  place: Place,
  signal: AbortSignal,
): Promise<boolean> {
  const data = cache.getQueryData<Loaded>(key)
  if (!data) return false
  if (includes(shownPages(data), place)) return true
  if (includes(data.pages, place)) {
    cache.setQueryData<Loaded>(key, current => current && { ...current, far: null })
    return true
  }
  const page = await pageAround(of, place, AROUND_PAGE, signal)
  if (!page || signal.aborted) return false
  cache.setQueryData<Loaded>(key, current => current && joined({ ...current, far: [page] }))
  return true
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
  if (kind.startsWith('appointment_')) return [`appointment-${ref_id}`, `appointment_cancelled-${ref_id}`]
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
  if (changes.some(({ kind }) => NAMES.test(kind))) return false
  // The response of a running request may be older than the change.
  if (query?.state.fetchStatus === 'fetching') await query.promise?.catch(() => undefined)
  const data = cache.getQueryData<Loaded>(key)
  if (!data) return false
  const fresh = await timelinePage(of, {}, PAGE)
  const known = new Set(fresh.items.map(keyOf))
  const named = new Set(changes.flatMap(namesOf).filter(name => isOf(name, of.filter)))
  const staleFar = (data.far ?? []).filter(({ items }) => items.some(item => named.has(keyOf(item))))
  for (const one of known) named.delete(one)
  const stale = data.pages.flatMap(({ items }, at) =>
    items.filter(item => named.delete(keyOf(item))).length > 0 ? at : [],
  )
  for (const { items } of staleFar) for (const item of items) named.delete(keyOf(item))
  // An entry that no page contains may belong between the shown entries, for example a message that was in transit
  // during an outage.
  if ([...named].some(name => !OF_ANY_CONTACT.test(name)) && fresh.next_cursor != null) return false
  // The first page has grown beyond the size of a request, so it cannot be fetched as one page.
  if (stale[0] === 0) return false
  const pageBefore = (before: string | null | undefined) => timelinePage(of, before ? { before } : {}, LARGE_PAGE)
  const again = await Promise.all(stale.map(at => pageBefore(data.pages[at - 1]?.next_cursor)))
  // These pages are smaller than half a large page, so the page around an entry in the middle contains all their
  // entries.
  const middles = staleFar.flatMap(({ items }) => items[Math.floor(items.length / 2)] ?? [])
  const around = await Promise.all(middles.map(item => pageAround(of, { key: keyOf(item) }, LARGE_PAGE)))
  // The whole timeline was loaded again meanwhile, perhaps later than `fresh`.
  if (cache.getQueryData<Loaded>(key)?.pages[0] !== data.pages[0]) return false
  cache.setQueryData<Loaded>(key, current => {
    if (!current) return current
    const pages = current.pages.map((page, at) => {
      const found = again[stale.indexOf(at)]
      if (!found) return page
      const last = new Set(page.items.map(keyOf))
      return { ...page, items: found.items.filter(item => last.has(keyOf(item))) }
    })
    const far = current.far && renewed(current.far, [...around.flatMap(page => page?.items ?? []), ...fresh.items])
    return { pages: withNewest(pages, fresh), far }
  })
  return true
}
