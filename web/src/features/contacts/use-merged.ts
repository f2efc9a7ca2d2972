import { useLingui } from '@lingui/react/macro'
import { useEffect, useRef } from 'react'
import { useLocation } from 'wouter'
import { queryClient } from '#shared/api/query'
import { toast } from '#shared/components/toasts'
import { moveDrafts } from '#shared/draft'
import { isolate } from '#shared/format/bidi'
import { moveUnsent } from '#shared/unsent'
import { type ContactDetail, contactQuery } from './api'

/** The drafts about a contact, whose names continue with its id. */
const DRAFTS = ['note', 'contact-field', 'contact-name', 'contact-task', 'lead', 'task', 'appointment']

/** Gives the focus to the field with the same name in the forms of the other contact, or to the page. */
function focusAgain(name: string | null): void {
  const fields = document.querySelectorAll<HTMLElement>('main :is(input, textarea)')
  const same = [...fields].find(field => field.ariaLabel === name && name !== null)
  ;(same ?? document.getElementById('main'))?.focus()
}

/**
 * The daemon answers with another contact if the one of the URL was merged into it. Then this opens the other contact's
 * URL and moves what was typed about the merged contact there. Returns the contact to show: until then, the one that was
 * shown before.
 */
export function useMerged(id: number, contact: ContactDetail | undefined): ContactDetail | undefined {
  const { t } = useLingui()
  const [, go] = useLocation()
  const shown = useRef<ContactDetail>(undefined)
  const other = contact && contact.id !== id ? contact.id : undefined
  useEffect(() => {
    if (contact?.id === id) shown.current = contact
  }, [contact, id])
  useEffect(() => {
    if (other === undefined) return
    let isLeft = false
    const open = async () => {
      const found = await queryClient.fetchQuery(contactQuery(other)).catch(() => undefined)
      // A text that cannot be moved yet is moved when a conversation is opened.
      await moveUnsent(id, other).catch(() => undefined)
      if (isLeft) return
      const before = shown.current?.id === id ? shown.current.display_name : undefined
      const active = document.activeElement
      const field = active?.matches('main :is(input, textarea)') ? active.ariaLabel : undefined
      moveDrafts(DRAFTS, id, other)
      go(`/app/contacts/${other}`, { replace: true })
      if (before === undefined || !found) return
      const [from, to] = [isolate(before), isolate(found.display_name)]
      toast.done(t`${from} אוחד בינתיים עם ${to}. מה שלא נשמר נמצא כאן`)
      if (field !== undefined) setTimeout(() => focusAgain(field))
    }
    void open()
    return () => {
      isLeft = true
    }
  }, [other, id, go, t])
  if (other === undefined) return contact
  return shown.current?.id === id ? shown.current : undefined
}
