import { useLingui } from '@lingui/react/macro'
import { useQueryClient } from '@tanstack/react-query'
import { patchItems, useAction } from '#shared/api/action'
import { useEdit } from '#shared/api/edit'
import { isolate } from '#shared/format/bidi'
import { formatPhone } from '#shared/format/phone'
import { useCountry } from '#shared/session'
import { refresh } from './appointments'
import type { WaitingEntry } from './data'
import { remove, restoreEntry } from './waiting'

/** `edit` contains the current entry if another user has changed it meanwhile. */
export function useRemoveWaiting(entry: WaitingEntry) {
  const { t } = useLingui()
  const country = useCountry()
  const cache = useQueryClient()
  const { id, contact_name, contact_number } = entry
  const name = isolate(contact_name || formatPhone(contact_number ?? '', country) || t`הלקוח`)
  const edit = useEdit<WaitingEntry>(entry.etag, { follows: true })
  const action = useAction({
    run: () => remove(id, edit.headers()),
    patches: () => [patchItems<WaitingEntry>(['/api/waiting-list'], items => items.filter(one => one.id !== id))],
    done: () => t`הוסר מרשימת ההמתנה: ${name}`,
    undo: () => restoreEntry(entry).then(() => refresh(cache)),
    onDone: () => refresh(cache),
    onError: error => {
      refresh(cache)
      return edit.refused(error)
    },
  })
  return { ...action, name, edit }
}
