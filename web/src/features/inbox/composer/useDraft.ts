import { useCallback, useEffect, useRef, useState } from 'react'
import { recallOwn, rememberOwn, storedUser } from '#shared/storage'
import { call, type Draft } from '../api'
import { slashQuery } from '../model/replies'

/** The debounce time for storing a draft, in ms. */
const PAUSE_MS = 700

/**
 * Returns the draft of a message. The daemon stores it for all devices; this browser keeps changes that the daemon has
 * not stored yet.
 */
export function useDraft(contactId: number, threadId: number | null, stored: Draft | null | undefined) {
  const local = `draft.${contactId}`
  const [text, setText] = useState(() => recallOwn(local) ?? stored?.text ?? '')
  const isDirty = useRef(recallOwn(local) !== null)
  const known = useRef(stored?.text ?? '')
  const latest = useRef(text)
  const [owner] = useState(storedUser)
  latest.current = text

  const save = useCallback(async () => {
    // After a change of the user this component is removed, and its text must not become the new user's draft.
    if (!isDirty.current || threadId === null || owner !== storedUser()) return
    const value = latest.current
    // The search for a saved reply is not a draft.
    if (slashQuery(value) !== null) return
    try {
      await call('PUT', '/api/threads/{id}/draft', { params: { path: { id: threadId } }, body: { text: value } })
      known.current = value
      if (latest.current === value) {
        isDirty.current = false
        rememberOwn(local, null)
      }
    } catch {
      // The draft stays in this browser, and is sent with the next change.
    }
  }, [threadId, local, owner])

  const set = useCallback(
    (value: string) => {
      setText(value)
      latest.current = value
      isDirty.current = true
      rememberOwn(local, value === '' ? null : value)
    },
    [local],
  )

  // Also saves text that was typed before the thread was known, or that could not be stored earlier.
  useEffect(() => {
    if (!isDirty.current) return
    const timer = setTimeout(() => void save(), text === '' ? 0 : PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, save])

  // Another device has changed the draft: its text is used, unless this device has unsaved text.
  const theirs = stored?.text ?? ''
  useEffect(() => {
    if (isDirty.current || theirs === known.current) return
    known.current = theirs
    setText(theirs)
  }, [theirs])

  useEffect(() => () => void save(), [save])
  return { text, set }
}
