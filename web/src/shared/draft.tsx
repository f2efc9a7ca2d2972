import { Trans } from '@lingui/react/macro'
import { useEffect, useRef } from 'react'
import { toast } from './components/toasts'
import { recall, remember } from './storage'

const keyOf = (name: string) => `draft.${name}`

/** What was typed in a form and not saved, in this browser; undefined without a draft. */
export function recallDraft<T>(name: string): T | undefined {
  const kept = recall(keyOf(name))
  if (kept === null) return undefined
  try {
    return JSON.parse(kept) as T
  } catch {
    return undefined
  }
}

interface Draft<T> {
  name: string
  /** What is in the form; as JSON. */
  value: T
  /** Only what differs from the saved state is kept. */
  isDirty: boolean
  /** Goes back to the form. */
  back: () => void
}

/** Keeps what is typed in this browser until it is saved or discarded. A toast says so to a user who leaves the page with a draft, with a way back. */
export function useDraft<T>({ name, value, isDirty, back }: Draft<T>): void {
  const text = isDirty ? JSON.stringify(value) : null
  useEffect(() => remember(keyOf(name), text), [name, text])
  const last = useRef({ isDirty, back })
  useEffect(() => {
    last.current = { isDirty, back }
  })
  useEffect(
    () => () => {
      // A session that ends leaves the page as well.
      if (!last.current.isDirty || location.pathname === '/login') return
      const { back } = last.current
      toast.offer(<Trans>השינויים נשמרו כטיוטה. הם עוד לא בתוקף</Trans>, <Trans>חזרה לעריכה</Trans>, back)
    },
    [],
  )
}
