import { type KeyboardEvent, useEffect, useState } from 'react'

interface Options {
  /** The id of the field. The list has the id `${id}-list`, and its items `${id}-0`, `${id}-1` and so on. */
  id: string
  /** The number of items. */
  count: number
  /** Whether the first item is the active one until the user presses an arrow key. */
  isFirstActive: boolean
  pick: (at: number) => void
  /** Takes the first item by Enter, which can still change while a search runs. */
  pickFirst: () => void
}

/** The keys of a search field above a list: the arrows go through the items, and Enter takes one. */
export function useArrowChoice({ id, count, isFirstActive, pick, pickFirst }: Options) {
  // Undefined until the user presses an arrow key.
  const [moved, setMoved] = useState<number>()
  const at = moved ?? (isFirstActive ? 0 : -1)
  useEffect(() => {
    if (at >= 0) document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: 'nearest' })
  }, [at, id])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter') {
      if (moved !== undefined) pick(at)
      else if (at === 0) pickFirst()
    } else if (event.key === 'ArrowDown' && count > 0) setMoved((at + 1) % count)
    else if (event.key === 'ArrowUp' && count > 0) setMoved((Math.max(at, 0) - 1 + count) % count)
    else return
    // Enter must not send the form around the field.
    event.preventDefault()
  }
  return {
    at,
    /** Called when the text of the field has changed. */
    reset: () => setMoved(undefined),
    field: {
      role: 'combobox',
      'aria-expanded': count > 0,
      'aria-controls': `${id}-list`,
      'aria-autocomplete': 'list',
      'aria-activedescendant': at >= 0 && at < count ? `${id}-${at}` : undefined,
      autoComplete: 'off',
      onKeyDown,
    } as const,
  }
}
