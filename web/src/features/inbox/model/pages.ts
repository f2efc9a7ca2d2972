import type { Page, TimelineItem } from '../api'

export function keyOf(item: TimelineItem): string {
  const id =
    item.message?.id ??
    item.call?.id ??
    item.note?.id ??
    item.task?.id ??
    item.appointment?.id ??
    item.merge?.merge_id ??
    item.at
  return `${item.kind}-${id}`
}

type Pages = Page<TimelineItem>[]

/**
 * Merges a newly fetched newest page into pages that are sorted from newest to oldest. Earlier entries of the previous
 * newest page are kept, so that the older pages still join. If the new page is the whole timeline or does not overlap
 * the previous one, the known pages are dropped.
 */
export function withNewest(pages: Pages, fresh: Page<TimelineItem>): Pages {
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
