import { useEffect, useState } from 'react'
import { type Contact, call } from './api'
import { unreadOf } from './model/person'

/** A conversation counts as read only after this time on the screen, in ms. */
const MARK_READ_DELAY_MS = 600

/** Marks the conversation as read while it is visible. */
export function useMarkRead(contact: Contact, newest: string | undefined): void {
  const isVisible = useVisible()
  const { id } = contact
  const isFresh = unreadOf(contact) > 0 || contact.threads.some(({ turn }) => turn === 'agent')
  // biome-ignore lint/correctness/useExhaustiveDependencies: what arrives is read as well
  useEffect(() => {
    if (!isVisible || !isFresh) return
    const timer = setTimeout(() => {
      call('POST', '/api/inbox/{contact_id}/read', { params: { path: { contact_id: id } } }).catch(() => undefined)
    }, MARK_READ_DELAY_MS)
    return () => clearTimeout(timer)
  }, [id, isVisible, isFresh, newest])
}

function useVisible(): boolean {
  const [isVisible, setVisible] = useState(document.visibilityState === 'visible')
  useEffect(() => {
    const listen = () => setVisible(document.visibilityState === 'visible')
    document.addEventListener('visibilitychange', listen)
    return () => document.removeEventListener('visibilitychange', listen)
  }, [])
  return isVisible
}
