import { useCallback, useEffect, useRef, useState } from 'react'
import { recall, remember } from '#shared/storage'
import { call, type Draft } from '../api'
import { slashQuery } from '../model/replies'

/** A pause in typing stores the draft. */
const PAUSE_MS = 700

/**
 * The text that the user has begun, kept by the daemon for all devices. What the daemon does not have yet is kept in this browser.
 */
export function useDraft(contactId: number, threadId: number | null, stored: Draft | null | undefined) {
  const local = `draft.${contactId}`
  const [text, setText] = useState(() => recall(local) ?? stored?.text ?? '')
  const isDirty = useRef(recall(local) !== null)
  const known = useRef(stored?.text ?? '')
  const latest = useRef(text)
  latest.current = text

  const save = useCallback(async () => {
    if (!isDirty.current || threadId === null) return
    const value = latest.current
    // Not a draft: the search for a saved reply.
    if (slashQuery(value) !== null) return
    try {
      await call('PUT', '/api/threads/{id}/draft', { params: { path: { id: threadId } }, body: { text: value } })
      known.current = value
      if (latest.current === value) {
        isDirty.current = false
        remember(local, null)
      }
    } catch {
      // It stays in this browser, and goes out with the next change.
    }
  }, [threadId, local])

  const set = useCallback(
    (value: string) => {
      setText(value)
      latest.current = value
      isDirty.current = true
      remember(local, value === '' ? null : value)
    },
    [local],
  )

  // What was typed before the thread was known, or could not be stored earlier, is saved as well.
  useEffect(() => {
    if (!isDirty.current) return
    const timer = setTimeout(() => void save(), text === '' ? 0 : PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, save])

  // Another device has written: its text is taken over unless this one has text of its own that is not stored.
  const theirs = stored?.text ?? ''
  useEffect(() => {
    if (isDirty.current || theirs === known.current) return
    known.current = theirs
    setText(theirs)
  }, [theirs])

  useEffect(() => () => void save(), [save])
  return { text, set }
}
