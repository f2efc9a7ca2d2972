import { useCallback, useState } from 'react'
import { recall, remember } from '#shared/storage'
import type { MessageItem, Provider } from '../api'

/** The message that is being answered. */
export interface Reply {
  id: number
  text: string
  isOurs: boolean
  /** Who has the message: only the bridge can quote, and only what it has. */
  provider: Provider | null
}

/** Returns true if a message can be answered: WhatsApp has it, and it was not deleted. */
export const canReply = ({ provider_msg_id: id, deleted_at: deleted }: MessageItem): boolean => !!id && !deleted

export const replyTo = (message: MessageItem): Reply => ({
  id: message.id,
  text: message.content_text,
  isOurs: message.direction === 'out',
  provider: message.provider ?? null,
})

/** The message whose bubble has the focus: R answers it, and otherwise leads to the field. */
export function focusedMessage(): number | null {
  const row = document.activeElement?.closest<HTMLElement>('[data-row^="message-"]')
  return row ? Number(row.dataset.row?.split('-')[1]) : null
}

/** What the user is answering in a conversation; this browser remembers it with the draft. */
export function useReply(contactId: number) {
  const key = `reply.${contactId}`
  const [reply, set] = useState<Reply | null>(() => read(recall(key)))
  const setReply = useCallback(
    (next: Reply | null) => {
      set(next)
      remember(key, next && JSON.stringify(next))
    },
    [key],
  )
  return [reply, setReply] as const
}

function read(stored: string | null): Reply | null {
  try {
    return stored === null ? null : (JSON.parse(stored) as Reply)
  } catch {
    return null
  }
}
