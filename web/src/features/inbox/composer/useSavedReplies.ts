import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, useState } from 'react'
import { matchingReplies, slashQuery } from '../model/replies'
import { repliesQuery } from '../queries'

/** The saved replies that a text which begins with a slash offers, and the keys by which one of them is chosen. */
export function useSavedReplies(text: string, insert: (reply: string) => void) {
  const slash = slashQuery(text)
  const replies = useQuery({ ...repliesQuery, enabled: slash !== null, retry: false })
  const found = slash === null ? [] : matchingReplies(replies.data?.items ?? [], slash)
  const [at, setAt] = useState(0)
  const [seen, setSeen] = useState(text)
  if (seen !== text) {
    // Another text has another list, which begins at its first reply.
    setSeen(text)
    setAt(0)
  }
  const chosen = Math.min(at, Math.max(0, found.length - 1))
  /** Returns true if the key was for the list. */
  const onKey = (event: KeyboardEvent): boolean => {
    const reply = found[chosen]
    if (!reply) return false
    const isMove = event.key === 'ArrowDown' || event.key === 'ArrowUp'
    if (!isMove && event.key !== 'Enter' && event.key !== 'Tab') return false
    event.preventDefault()
    if (isMove) setAt((chosen + (event.key === 'ArrowDown' ? 1 : -1) + found.length) % found.length)
    else insert(reply.text)
    return true
  }
  return {
    isOpen: slash !== null,
    onKey,
    list: { replies: found, query: slash ?? '', isLoaded: replies.data !== undefined, chosen },
    /** For the field in which the text is written. */
    field: {
      'aria-autocomplete': slash === null ? undefined : ('list' as const),
      'aria-controls': slash === null ? undefined : 'saved-replies',
      'aria-activedescendant': found.length > 0 ? `saved-reply-${chosen}` : undefined,
    },
  }
}
