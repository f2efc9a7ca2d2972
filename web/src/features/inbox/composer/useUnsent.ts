import { useQuery } from '@tanstack/react-query'
import { type RefObject, useCallback, useEffect, useRef } from 'react'
import type { Reply } from '../model/reply'
import type { Outgoing } from '../outbox'
import { threadQuery } from '../queries'
import { useDraft } from './useDraft'
import { useUploads } from './useUploads'

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
  field?: RefObject<HTMLTextAreaElement | null>,
) {
  // Drafts are per user. The thread's own response contains the current user's draft; that of the contact does not.
  const own = useQuery(threadQuery(threadId))
  const { text, set } = useDraft(contactId, threadId, own.data?.draft)
  const uploads = useUploads(contactId)
  const latest = useRef(text)
  latest.current = text
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
    if (!returned) return
    putBack(returned.text, returned.media)
    if (returned.reply) onReply(returned.reply)
    onReturned()
  }, [returned, putBack, onReturned, onReply])
  return { text, set, latest, uploads, putBack }
}
