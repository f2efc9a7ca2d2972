import { useCallback, useEffect, useRef, useState } from 'react'
import { useConnection } from '#shared/events/stream'
import { onOwnChange, recallOwn, rememberOwn, storedUser } from '#shared/storage'
import { onMoveUnsent, storedDraftKey } from '#shared/unsent'
import type { Draft } from '../api'
import { slashQuery } from '../model/replies'
import { draftKey, saveDraft } from './draft-sync'

/** The debounce time for storing a draft, in ms. */
const PAUSE_MS = 700
/**
 * The same for a text that another tab has typed and stores itself, in ms. A request of this tab could otherwise arrive
 * after the other tab has sent the message, and restore the text.
 */
const OTHER_TAB_MS = 5_000

/** The daemon stores the draft for all devices; this browser keeps changes that the daemon has not stored yet. */
export function useDraft(contactId: number, threadId: number, stored: Draft | null | undefined) {
  const local = draftKey(contactId)
  const connection = useConnection()
  const [owner] = useState(storedUser)
  const [text, setText] = useState(() => recallOwn(local, owner) ?? stored?.text ?? '')
  const known = useRef(stored?.text ?? '')
  const typedElsewhere = useRef<string>(undefined)

  const save = useCallback(async () => {
    known.current = (await saveDraft(contactId, threadId, owner)) ?? known.current
  }, [contactId, threadId, owner])

  const set = useCallback(
    (value: string) => {
      setText(value)
      if (recallOwn(local, owner) === null) rememberOwn(storedDraftKey(contactId), known.current, owner)
      // An empty text is stored as well: until the daemon has stored it, the daemon's draft is still the text that was
      // sent or deleted.
      rememberOwn(local, value, owner)
    },
    [contactId, local, owner],
  )

  // Also saves text that could not be stored earlier.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the connection saves again
  useEffect(() => {
    if (recallOwn(local, owner) === null) return
    const pause = text === typedElsewhere.current ? OTHER_TAB_MS : PAUSE_MS
    const timer = setTimeout(() => void save(), text === '' ? 0 : pause)
    return () => clearTimeout(timer)
  }, [text, save, local, owner, connection])

  // If another device has changed the draft, the new text is used, unless this device has unsaved text.
  const theirs = stored?.text ?? ''
  useEffect(() => {
    if (recallOwn(local, owner) !== null || theirs === known.current) return
    known.current = theirs
    setText(theirs)
  }, [theirs, local, owner])

  useEffect(() => {
    const stopTabs = onOwnChange((key, user, value) => {
      // Null means that the daemon has the text, and the search for a saved reply is not a draft.
      if (key !== local || user !== owner || value === null || slashQuery(value) !== null) return
      typedElsewhere.current = value
      setText(value)
    })
    const stopMoves = onMoveUnsent((_, to) => {
      if (to === contactId) setText(shown => recallOwn(local, owner) ?? shown)
    })
    return () => {
      stopTabs()
      stopMoves()
    }
  }, [contactId, local, owner])

  useEffect(() => () => void save(), [save])
  return { text, set }
}
