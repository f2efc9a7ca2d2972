import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, useState } from 'react'
import { useWhenAnswered } from '#shared/when-answered'
import { matchingReplies, slashQuery } from '../model/replies'
import { repliesQuery } from '../queries'

/** Matches the text after a leading slash, and handles the keys that choose a reply. */
export function useSavedReplies(text: string, insert: (reply: string) => void) {
  const slash = slashQuery(text)
  const replies = useQuery({ ...repliesQuery, enabled: slash !== null, retry: false })
  const found = slash === null ? [] : matchingReplies(replies.data?.items ?? [], slash)
  const [at, setAt] = useState(0)
  const [seen, setSeen] = useState(text)
  const [isClosed, setClosed] = useState(false)
  const [isUnknown, setUnknown] = useState(false)
  if (seen !== text) {
    // When the text changes, the list changes too, so the first reply is selected again.
    setSeen(text)
    setAt(0)
    setUnknown(false)
    if (slash === null || text === '/') setClosed(false)
  }
  const isOpen = slash !== null && !isClosed
  /** Without deleting what the user has typed. */
  const close = () => {
    if (text === '/') insert('')
    else setClosed(true)
  }
  const chosen = Math.min(at, Math.max(0, found.length - 1))
  const isLoaded = replies.data !== undefined
  const insertFirst = useWhenAnswered(text, isLoaded, () => {
    if (found[0]) insert(found[0].text)
  })
  /** Returns true if the key was handled. */
  const onKey = (event: KeyboardEvent): boolean => {
    if (isOpen && !isLoaded && event.key === 'Enter' && !event.shiftKey) {
      // The customer must not get the name of a reply instead of the reply.
      event.preventDefault()
      insertFirst()
      return true
    }
    if (!isOpen) return false
    const reply = found[chosen]
    if (!reply) {
      if (event.key !== 'Enter' || event.shiftKey || isUnknown) return false
      // The name of a reply that does not exist is sent only with a second Enter.
      event.preventDefault()
      setUnknown(true)
      return true
    }
    const isMove = event.key === 'ArrowDown' || event.key === 'ArrowUp'
    if (!isMove && event.key !== 'Enter' && event.key !== 'Tab') return false
    event.preventDefault()
    if (isMove) setAt((chosen + (event.key === 'ArrowDown' ? 1 : -1) + found.length) % found.length)
    else insert(reply.text)
    return true
  }
  return {
    isOpen,
    close,
    onKey,
    list: { replies: found, query: slash ?? '', isLoaded, isUnknown, chosen },
    field: {
      'aria-autocomplete': isOpen ? ('list' as const) : undefined,
      'aria-controls': isOpen ? 'saved-replies' : undefined,
      'aria-activedescendant': isOpen && found.length > 0 ? `saved-reply-${chosen}` : undefined,
    },
  }
}
