import { useLingui } from '@lingui/react/macro'
import { useEffect, useRef } from 'react'
import { queryClient } from '#shared/api/query'
import { toast } from '#shared/components/toasts'
import { isolate } from '#shared/format/bidi'
import { adoptUnsent, moveUnsent } from '#shared/unsent'
import type { Contact } from './api'
import { contactQuery } from './queries'

const FIELD = '.write textarea'

/** The moved text is at the end. */
function focusEnd(): void {
  const field = document.querySelector<HTMLTextAreaElement>(FIELD)
  field?.focus()
  field?.setSelectionRange(field.value.length, field.value.length)
}

/**
 * The daemon answers with another contact if the one of the URL was merged into it. Then this moves the unsent message,
 * and calls `onMerged` with the id of the other contact. Returns the contact to show: until then, the one that was shown
 * before, because the composer would store the text as a draft to the other contact.
 */
export function useMerged(
  id: number,
  contact: Contact | undefined,
  onMerged: (id: number) => void,
): Contact | undefined {
  const { t } = useLingui()
  const shown = useRef<Contact>(undefined)
  if (contact?.id === id) shown.current = contact
  const before = shown.current?.id === id ? shown.current : undefined
  const [other, name] = contact && contact.id !== id ? [contact.id, contact.display_name] : []
  useEffect(() => void adoptUnsent(), [])
  useEffect(() => {
    if (other === undefined) return
    let isLeft = false
    const open = async () => {
      // A text that cannot be moved yet is moved when a conversation is opened.
      await moveUnsent(id, other).catch(() => undefined)
      // The composer of the other conversation is then rendered at once, and gets the focus.
      await queryClient.prefetchQuery(contactQuery(other))
      if (isLeft) return
      const hasFocus = document.activeElement?.matches(FIELD)
      onMerged(other)
      if (shown.current?.id === id) {
        const [from, to] = [isolate(shown.current.display_name), isolate(name ?? '')]
        toast.done(t`${from} אוחד בינתיים עם ${to}. מה שלא נשלח נמצא כאן`)
      }
      if (hasFocus) setTimeout(focusEnd)
    }
    void open()
    return () => {
      isLeft = true
    }
  }, [other, name, id, onMerged, t])
  return other === undefined ? contact : before
}
