import { useCallback, useEffect, useRef, useState } from 'react'
import { useConnection } from '#shared/events/stream'
import { recallOwn, rememberOwn, storedUser } from '#shared/storage'
import type { Draft } from '../api'
import { draftKey, saveDraft } from './draft-sync'

/** The debounce time for storing a draft, in ms. */
const PAUSE_MS = 700

/** The daemon stores the draft for all devices; this browser keeps changes that the daemon has not stored yet. */
export function useDraft(contactId: number, threadId: number, stored: Draft | null | undefined) {
  const local = draftKey(contactId)
  const connection = useConnection()
  const [owner] = useState(storedUser)
  const [text, setText] = useState(() => recallOwn(local, owner) ?? stored?.text ?? '')
  const known = useRef(stored?.text ?? '')

  const save = useCallback(async () => {
    known.current = (await saveDraft(contactId, threadId, owner)) ?? known.current
  }, [contactId, threadId, owner])

  const set = useCallback(
    (value: string) => {
      setText(value)
      // An empty text is stored as well: until the daemon has stored it, the daemon's draft is still the text that was
      // sent or deleted.
      rememberOwn(local, value, owner)
    },
    [local, owner],
  )

  // Also saves text that could not be stored earlier.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the connection saves again
  useEffect(() => {
    if (recallOwn(local, owner) === null) return
    const timer = setTimeout(() => void save(), text === '' ? 0 : PAUSE_MS)
    return () => clearTimeout(timer)
  }, [text, save, local, owner, connection])

  // If another device has changed the draft, the new text is used, unless this device has unsaved text.
  const theirs = stored?.text ?? ''
  useEffect(() => {
    if (recallOwn(local, owner) !== null || theirs === known.current) return
    known.current = theirs
    setText(theirs)
  }, [theirs, local, owner])

  useEffect(() => () => void save(), [save])
  return { text, set }
}
