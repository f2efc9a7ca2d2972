import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useConnection } from '#shared/events/stream'
import { onOwnChange, recallOwn, storedUser } from '#shared/storage'
import { onMoveUnsent } from '#shared/unsent'
import type { Draft } from '../api'
import { slashQuery } from '../model/replies'
import { threadQuery } from '../queries'
import { draftKey, keepDraft, saveDraft, whenJoined } from './draft-sync'

/** The debounce time for storing a draft, in ms. */
const PAUSE_MS = 700
/**
 * The same for a text that another tab has typed and stores itself, in ms. A request of this tab could otherwise arrive
 * after the other tab has sent the message, and restore the text.
 */
const OTHER_TAB_MS = 5_000

/** A change of the shown text by another device. */
export interface ChangeElsewhere {
  before: string
  text: string
  /** The text of the other device; empty if it has sent or deleted the draft. */
  theirs: string
  /** Whether this device had words that the daemon had not stored. */
  isJoined: boolean
}

/**
 * The daemon stores the draft for all devices; this browser keeps changes that the daemon has not stored yet.
 * `onChange` is called before the shown text changes because of another device.
 */
export function useDraft(
  contactId: number,
  threadId: number,
  stored: Draft | null | undefined,
  onChange: (change: ChangeElsewhere) => void,
) {
  const cache = useQueryClient()
  const local = draftKey(contactId)
  const connection = useConnection()
  const [owner] = useState(storedUser)
  const [text, setText] = useState(() => recallOwn(local, owner) ?? stored?.text ?? '')
  /** The stored text that this page has last seen. */
  const known = useRef(stored?.text ?? '')
  const typedElsewhere = useRef<string>(undefined)
  const latest = useRef({ text, onChange })
  useEffect(() => {
    latest.current = { text, onChange }
  })

  const markStored = useCallback(
    (saved: string) => {
      known.current = saved
      // A response to an earlier request for the thread must not show an older text.
      const { queryKey } = threadQuery(threadId)
      if (cache.getQueryData(queryKey) === undefined) return
      void cache.cancelQueries({ queryKey })
      cache.setQueryData(queryKey, thread => {
        const updated_at = new Date().toISOString()
        return thread && { ...thread, draft: saved === '' ? null : { text: saved, updated_at } }
      })
    },
    [cache, threadId],
  )

  const save = useCallback(async () => {
    const saved = await saveDraft({ contactId, threadId, userId: owner })
    if (saved !== undefined) markStored(saved)
  }, [contactId, threadId, owner, markStored])

  const set = useCallback(
    (value: string) => {
      setText(value)
      // An empty text is stored as well: until the daemon has stored it, the daemon's draft is still the text that was
      // sent or deleted.
      keepDraft({ contactId, threadId, userId: owner }, value, known.current)
    },
    [contactId, threadId, owner],
  )

  useEffect(
    () =>
      whenJoined(joined => {
        if (joined.contactId !== contactId) return
        known.current = joined.theirs
        if (joined.text === joined.before) return
        latest.current.onChange({ ...joined, isJoined: true })
        setText(joined.text)
      }),
    [contactId],
  )

  // Also saves text that could not be stored earlier.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the connection saves again
  useEffect(() => {
    if (recallOwn(local, owner) === null) return
    const pause = text === typedElsewhere.current ? OTHER_TAB_MS : PAUSE_MS
    const timer = setTimeout(() => void save(), text === '' ? 0 : pause)
    return () => clearTimeout(timer)
  }, [text, save, local, owner, connection])

  // If another device has changed the draft, the new text is used. Unsaved text of this device is joined with it when it
  // is saved.
  const theirs = stored?.text ?? ''
  useEffect(() => {
    if (recallOwn(local, owner) !== null || theirs === known.current) return
    known.current = theirs
    latest.current.onChange({ before: latest.current.text, text: theirs, theirs, isJoined: false })
    setText(theirs)
  }, [theirs, local, owner])

  useEffect(() => {
    const stopTabs = onOwnChange((key, user, value, before) => {
      if (key !== local || user !== owner) return
      // The daemon has the text.
      if (value === null && before !== null) markStored(before)
      // The search for a saved reply is not a draft.
      if (value === null || slashQuery(value) !== null) return
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
  }, [contactId, local, owner, markStored])

  useEffect(() => () => void save(), [save])
  return { text, set }
}
