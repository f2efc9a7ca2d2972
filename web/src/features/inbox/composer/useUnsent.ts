import { useLingui } from '@lingui/react/macro'
import { useQuery } from '@tanstack/react-query'
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef } from 'react'
import { toast } from '#shared/components/toasts'
import { caretAfter } from '../model/join-drafts'
import type { Reply } from '../model/reply'
import type { Outgoing } from '../outbox'
import { threadQuery } from '../queries'
import { type ChangeElsewhere, useDraft } from './useDraft'
import { useUploads } from './useUploads'

type Field = RefObject<HTMLTextAreaElement | null>

export interface Returned {
  /** A stopped or refused message whose text, file and quote are restored; null if there is none. */
  returned: Outgoing | null
  onReturned: () => void
  onReply: (reply: Reply | null) => void
}

/** What the user has written to a contact and not sent: the draft and its files, with those of a returned message. */
export function useUnsent(
  contactId: number,
  threadId: number,
  { returned, onReturned, onReply }: Returned,
  field?: Field,
) {
  // Drafts are per user. The thread's own response contains the current user's draft; that of the contact does not.
  const own = useQuery(threadQuery(threadId))
  const restoreText = useRef<(text: string) => void>(undefined)
  const { keepCaret, setCaret } = useCaret(field)
  const reportChange = useChangeReport(text => restoreText.current?.(text))
  const { text, set } = useDraft(contactId, threadId, own.data?.draft, change => {
    reportChange(change, keepCaret(change))
  })
  const uploads = useUploads(contactId)
  const latest = useRef(text)
  latest.current = text
  // biome-ignore lint/correctness/useExhaustiveDependencies: the caret is set once the field has the new text
  useLayoutEffect(setCaret, [text])
  const { restore } = uploads
  const putBack = useCallback(
    (before: string, media?: Outgoing['media']) => {
      latest.current = [before, latest.current].filter(part => part.trim()).join('\n')
      set(latest.current)
      if (media) restore(media)
      field?.current?.focus()
    },
    [set, restore, field],
  )
  useEffect(() => {
    restoreText.current = putBack
  }, [putBack])
  useEffect(() => {
    if (!returned) return
    putBack(returned.text, returned.media)
    if (returned.reply) onReply(returned.reply)
    onReturned()
  }, [returned, putBack, onReturned, onReply])
  return { text, set, latest, uploads, putBack }
}

/** Keeps the caret at its place when another device changes the text. A browser moves it to the end of a new text. */
function useCaret(field?: Field) {
  const next = useRef<number>(undefined)
  return {
    /** Returns whether the field has the focus. */
    keepCaret: ({ before, text }: ChangeElsewhere): boolean => {
      const shown = field?.current
      if (!shown || shown !== document.activeElement || !document.hasFocus()) return false
      next.current = caretAfter({ before, after: text, caret: shown.selectionEnd })
      return true
    },
    setCaret: () => {
      if (next.current === undefined) return
      field?.current?.setSelectionRange(next.current, next.current)
      next.current = undefined
    },
  }
}

const isBlank = (text: string) => text.trim() === ''

/** Returns a function that says what another device has changed, if words of this device have changed or gone. */
function useChangeReport(restore: (text: string) => void) {
  const { t } = useLingui()
  return ({ before, text, theirs, isJoined }: ChangeElsewhere, hasFocus: boolean): void => {
    const sent = t`הטיוטה נשלחה או נמחקה במכשיר אחר`
    const offer = (reason: string) => toast.offer(reason, t`להחזיר`, () => restore(before))
    if (isJoined) {
      if (!isBlank(theirs)) toast.done(t`מה שנכתב במכשיר אחר נמצא עכשיו גם כאן`)
      else if (isBlank(text)) offer(sent)
      else toast.done(t`הטיוטה נשלחה או נמחקה במכשיר אחר. כאן נשאר מה שנכתב אחר כך`)
      return
    }
    const isShortened = !isBlank(text) && before.includes(text.trim())
    if (!hasFocus || isBlank(before) || isShortened || text.includes(before.trim())) return
    offer(isBlank(text) ? sent : t`הטיוטה השתנתה במכשיר אחר`)
  }
}
