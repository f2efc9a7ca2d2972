import { useState } from 'react'
import type { ApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { ConfirmChange } from './ConfirmChange'
import { Shorter } from './Retention'
import { daysOfDeletion } from './retention'
import type { Item } from './sections'

/** A value that waits for an answer: it deletes data older than `days` days, or it needs the password (`reason`). */
type Asked<N> = { next: N; days: number } | { next: N; reason: string }

/**
 * Stores a new value of a setting. Deleted data cannot be restored, so a shorter limit must be confirmed first: `ask`
 * calls `store` at once or after the confirmation. If the daemon refused a value because it requires the password again,
 * `refused` returns true and asks for it, and `store` is called once more. `question` is the open question, and `cancel`
 * closes it.
 */
export function useConfirmed<N extends { value: unknown }>(
  item: Item,
  store: (next: N) => void,
  onCancel: () => void = () => {},
) {
  const [asked, setAsked] = useState<Asked<N>>()
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
  const refused = (error: ApiError, next: N) => {
    if (error.code !== 'confirmation_required') return false
    setAsked({ next, reason: problemText(error) })
    return true
  }
  const onConfirm = () => asked && confirm(asked.next)
  const question =
    asked &&
    ('days' in asked ? (
      <Shorter item={item} days={asked.days} onConfirm={onConfirm} onCancel={cancel} />
    ) : (
      <ConfirmChange reason={asked.reason} onConfirm={onConfirm} onCancel={cancel} />
    ))
  return { ask, cancel, refused, question }
}
