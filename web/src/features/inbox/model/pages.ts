import type { Page, TimelineItem } from '../api'

export function keyOf(item: TimelineItem): string {
  const id =
    (item.kind === 'appointment_moved' ? item.moved?.id : null) ??
    item.message?.id ??
    item.call?.id ??
    item.note?.id ??
    item.task?.id ??
    item.appointment?.id ??
    item.merge?.merge_id ??
    item.change?.id ??
    item.at
  return `${item.kind}-${id}`
}

type Pages = readonly Page<TimelineItem>[]

/** What is loaded of a timeline. Each list of pages has no gap, and is sorted from newest to oldest. */
export interface Loaded {
  /** The pages from the newest entry on. */
  pages: Page<TimelineItem>[]
  /** The pages around an entry far back, which are on the screen instead of `pages`; null if there are none. */
  far: Page<TimelineItem>[] | null
}

/** An entry by its key, or a time. */
export type Place = { key: string } | { at: string }

export const shownPages = ({ pages, far }: Loaded): Page<TimelineItem>[] => far ?? pages

/** Whether these pages contain the entry, or the time is within them. */
export function includes(pages: Pages, place: Place): boolean {
  if ('key' in place) return pages.some(({ items }) => items.some(item => keyOf(item) === place.key))
  const [newest, oldest] = [pages[0], pages.at(-1)]
  const isAfterFirst = oldest?.next_cursor == null || (oldest.items[0]?.at ?? '') <= place.at
  return isAfterFirst && (newest?.previous_cursor == null || (newest.items.at(-1)?.at ?? '') >= place.at)
}

/** Joins `far` to `pages` if they overlap. */
export function joined({ pages, far }: Loaded): Loaded {
  if (!far) return { pages, far }
  const known = new Set(flatten(pages).map(keyOf))
  const older: Page<TimelineItem>[] = []
  let isOverlap = false
  for (const page of [...far].reverse()) {
    const end: number = isOverlap ? 0 : page.items.findIndex(item => known.has(keyOf(item)))
    if (end !== 0) older.unshift({ ...page, items: end < 0 ? page.items : page.items.slice(0, end) })
    isOverlap ||= end >= 0
  }
  if (isOverlap) return { pages: [...pages, ...older], far: null }
  // Nothing is newer than `far`, so nothing remains of `pages`.
  return far[0]?.previous_cursor == null ? { pages: far, far: null } : { pages, far }
}

/** Adds the page that follows at the older end, unless another request was faster. */
export function withOlder(loaded: Loaded, before: string, page: Page<TimelineItem>): Loaded {
  const pages = shownPages(loaded)
  if (pages.at(-1)?.next_cursor !== before) return loaded
  const all = [...pages, page]
  return loaded.far ? { ...loaded, far: all } : { ...loaded, pages: all }
}

/** Adds the page that follows at the newer end of `far`, unless another request was faster. */
export function withNewer(loaded: Loaded, after: string, page: Page<TimelineItem>): Loaded {
  const { pages, far } = loaded
  if (far?.[0]?.previous_cursor !== after) return loaded
  // The entries after `far` were deleted.
  if (page.items.length === 0) return joined({ pages, far: [{ ...far[0], previous_cursor: null }, ...far.slice(1)] })
  return joined({ pages, far: [page, ...far] })
}

/** Replaces the entries that `fresh` contains. */
export function renewed(pages: Pages, fresh: readonly TimelineItem[]): Page<TimelineItem>[] {
  const found = new Map(fresh.map(item => [keyOf(item), item]))
  return pages.map(page => ({ ...page, items: page.items.map(item => found.get(keyOf(item)) ?? item) }))
}

/**
 * Merges a newly fetched newest page into pages that are sorted from newest to oldest. Earlier entries of the previous
 * newest page are kept, so that the older pages still join. If the new page is the whole timeline or does not overlap
 * the previous one, the known pages are dropped.
 */
export function withNewest(pages: Pages, fresh: Page<TimelineItem>): Page<TimelineItem>[] {
  const [first, ...older] = pages
  const oldest = fresh.items[0]
  if (!first || !oldest) return [fresh]
  const isComplete = fresh.next_cursor == null
  if (isComplete) return [fresh]
  const known = new Set(fresh.items.map(keyOf))
  const newestKnown = first.items.at(-1)
  if (newestKnown && newestKnown.at < oldest.at) return [fresh]
  const kept = first.items.filter(item => item.at <= oldest.at && !known.has(keyOf(item)))
  return [{ items: [...kept, ...fresh.items], next_cursor: first.next_cursor ?? null }, ...older]
}

/** Without duplicates, oldest first. */
export function flatten(pages: Pages): TimelineItem[] {
  const seen = new Set<string>()
  const items: TimelineItem[] = []
  for (let page = pages.length - 1; page >= 0; page--) {
    for (const item of pages[page]?.items ?? []) {
      const key = keyOf(item)
      if (seen.has(key)) continue
      seen.add(key)
      items.push(item)
    }
  }
  return items
}
