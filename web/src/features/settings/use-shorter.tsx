import { useState } from 'react'
import { Shorter } from './Retention'
import { daysOfDeletion } from './retention'
import type { Item } from './sections'

/**
 * Stores a new value of a setting. Deleted data cannot be restored, so a shorter limit must be confirmed first: `ask`
 * calls `store` at once or after the confirmation, `question` is the dialog meanwhile, and `cancel` closes it.
 */
export function useShorter<N extends { value: unknown }>(
  item: Item,
  store: (next: N) => void,
  onCancel: () => void = () => {},
) {
  const [asked, setAsked] = useState<{ next: N; days: number }>()
  const confirm = (next: N) => {
    setAsked(undefined)
    store(next)
  }
  const cancel = () => {
    setAsked(undefined)
    onCancel()
  }
  const ask = (next: N) => {
    const days = daysOfDeletion(item, next.value)
    if (days === undefined) confirm(next)
    else setAsked({ next, days })
  }
  const question = asked && (
    <Shorter item={item} days={asked.days} onConfirm={() => confirm(asked.next)} onCancel={cancel} />
  )
  return { ask, cancel, question }
}
