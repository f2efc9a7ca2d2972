import { Trans } from '@lingui/react/macro'
import { useCallback, useEffect, useRef, useState } from 'react'
import { toast } from './components/toasts'
import { recallOwn, rememberOwn, storedUser } from './storage'

const keyOf = (name: string) => `draft.${name}`

/** Returns the unsaved input of a form; undefined if this browser has stored none. */
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
  back: () => void
}

/**
 * Stores the input of a form in this browser until it is saved or discarded. If the user leaves the page with a draft,
 * a toast offers to return to the form. Call the returned function with the input that was sent: it ends the draft,
 * also if the form was left meanwhile.
 */
export function useDraft<T>({ name, value, isDirty, back }: Draft<T>): (saved: T) => void {
  const key = keyOf(name)
  const text = isDirty ? JSON.stringify(value) : null
  const [owner] = useState(storedUser)
  useEffect(() => rememberOwn(key, text, owner), [key, text, owner])
  const saved = useRef<string>(undefined)
  const last = useRef({ text, back })
  useEffect(() => {
    last.current = { text, back }
  })
  useEffect(
    () => () => {
      const { text, back } = last.current
      // The end of a session also leaves the page; no toast is needed then.
      if (text === null || text === saved.current || location.pathname === '/login') return
      toast.offer(<Trans>השינויים נשמרו כטיוטה. הם עוד לא בתוקף</Trans>, <Trans>חזרה לעריכה</Trans>, back)
    },
    [],
  )
  return useCallback(
    (sent: T) => {
      saved.current = JSON.stringify(sent)
      // Later input stays a draft.
      if (recallOwn(key, owner) === saved.current) rememberOwn(key, null, owner)
    },
    [key, owner],
  )
}
