import { useCallback, useEffect, useState } from 'react'
import { onOwnChange, recallOwn, rememberOwn, storedUser } from '#shared/storage'
import { onMoveUnsent } from '#shared/unsent'
import type { MessageItem, Provider, TimelineItem } from '../api'

export interface Reply {
  id: number
  text: string
  isOurs: boolean
  /** The provider that has the message; null if unknown. Only the bridge can quote, and only messages that it has. */
  provider: Provider | null
}

export const canReply = ({ provider_msg_id: id, deleted_at: deleted }: MessageItem): boolean => !!id && !deleted

export const replyTo = (message: MessageItem): Reply => ({
  id: message.id,
  text: message.content_text,
  isOurs: message.direction === 'out',
  provider: message.provider ?? null,
})

/** Whether the message to quote was deleted meanwhile. */
export const isDeleted = (reply: Reply, items: readonly TimelineItem[]): boolean =>
  items.some(({ message }) => message?.id === reply.id && message.deleted_at)

/** The key R quotes the message whose bubble has the focus. */
export function focusedMessage(): number | null {
  const row = document.activeElement?.closest<HTMLElement>('[data-row^="message-"]')
  return row ? Number(row.dataset.row?.split('-')[1]) : null
}

/** The storage key of the quoted message. */
export const replyKey = (contactId: number) => `reply.${contactId}`

/** This browser stores the quoted message together with the draft. */
export function useReply(contactId: number) {
  const key = replyKey(contactId)
  const [owner] = useState(storedUser)
  const [reply, set] = useState<Reply | null>(() => read(recallOwn(key, owner)))
  const setReply = useCallback(
    (next: Reply | null) => {
      set(next)
      rememberOwn(key, next && JSON.stringify(next), owner)
    },
    [key, owner],
  )
  useEffect(() => {
    const stopTabs = onOwnChange((changed, user, value) => {
      if (changed === key && user === owner) set(read(value))
    })
    const stopMoves = onMoveUnsent((_, to) => {
      if (to === contactId) set(read(recallOwn(key, owner)))
    })
    return () => {
      stopTabs()
      stopMoves()
    }
  }, [contactId, key, owner])
  return [reply, setReply] as const
}

function read(stored: string | null): Reply | null {
  try {
    return stored === null ? null : (JSON.parse(stored) as Reply)
  } catch {
    return null
  }
}
