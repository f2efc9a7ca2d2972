import { useRef } from 'react'

interface Item {
  id: number
}

/**
 * Returns the items of a list, and those of `before`, at their earlier places, that are no longer in the list but whose
 * form is open.
 */
export function withOpen<T extends Item>(
  items: readonly T[],
  before: readonly T[],
  isOpen: (item: T) => boolean,
): readonly T[] {
  const rows = [...items]
  before.forEach((item, at) => {
    if (isOpen(item) && !items.some(({ id }) => id === item.id)) rows.splice(at, 0, item)
  })
  return rows
}

/**
 * Keeps the rows of a list whose forms are open: if another user deletes such an item, its form stays with what the
 * user has typed. `isGone` returns true for such an item; its form then shows `<Gone>` and cannot be saved.
 */
export function useOpenItems<T extends Item>(items: readonly T[] | undefined, isOpen: (item: T) => boolean) {
  const last = useRef<readonly T[]>([])
  if (items) last.current = withOpen(items, last.current, isOpen)
  return {
    rows: last.current,
    isGone: (item: T): boolean => items !== undefined && !items.some(({ id }) => id === item.id),
  }
}
