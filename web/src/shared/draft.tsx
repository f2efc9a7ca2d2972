import { Trans } from '@lingui/react/macro'
import { useEffect, useRef, useState } from 'react'
import { toast } from './components/toasts'
import { recallOwn, rememberOwn, storedUser } from './storage'

const keyOf = (name: string) => `draft.${name}`

/** Returns the unsaved input of a form that this browser has stored; undefined if there is none. */
export function recallDraft<T>(name: string): T | undefined {
  const kept = recallOwn(keyOf(name))
  if (kept === null) return undefined
  try {
    return JSON.parse(kept) as T
  } catch {
    return undefined
  }
}

interface Draft<T> {
  name: string
  /** The input of the form; stored as JSON. */
  value: T
  /** Whether the input differs from the saved state. Only then is a draft stored. */
  isDirty: boolean
  /** Opens the form again. */
  back: () => void
}

/**
 * Stores the input of a form in this browser until it is saved or discarded. If the user leaves the page with a draft,
 * a toast offers to return to the form.
 */
export function useDraft<T>({ name, value, isDirty, back }: Draft<T>): void {
  const text = isDirty ? JSON.stringify(value) : null
  const [owner] = useState(storedUser)
  useEffect(() => rememberOwn(keyOf(name), text, owner), [name, text, owner])
  const last = useRef({ isDirty, back })
  useEffect(() => {
    last.current = { isDirty, back }
  })
  useEffect(
    () => () => {
      // The end of a session also leaves the page; no toast is needed then.
      if (!last.current.isDirty || location.pathname === '/login') return
      const { back } = last.current
      toast.offer(<Trans>השינויים נשמרו כטיוטה. הם עוד לא בתוקף</Trans>, <Trans>חזרה לעריכה</Trans>, back)
    },
    [],
  )
}
