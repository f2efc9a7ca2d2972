import { useLingui } from '@lingui/react/macro'
import { patchItems, useAction } from '#shared/api/action'
import { queryClient } from '#shared/api/query'
import { call, type InboxRow } from './api'

const change = (contactId: number, verb: 'archive' | 'unarchive' | 'done') =>
  call<InboxRow>('POST', `/api/inbox/{contact_id}/${verb}`, { params: { path: { contact_id: contactId } } })

const without = (contactId: number) =>
  patchItems<InboxRow>(['/api/inbox'], items => items.filter(row => row.contact_id !== contactId))

const releases = new Set<() => void>()

/** `listener` is called after a change by this user: the list may then be reordered even under the pointer. */
export function whenReleased(listener: () => void): () => void {
  releases.add(listener)
  return () => releases.delete(listener)
}

const refresh = () => {
  for (const release of releases) release()
  for (const path of ['/api/inbox', '/api/threads/counts', '/api/contacts/{id}']) {
    void queryClient.invalidateQueries({ queryKey: [path] })
  }
}

/** Archiving and unarchiving can be undone. */
export function useConversationActions() {
  const { t } = useLingui()
  const archive = useAction({
    run: (contactId: number) => change(contactId, 'archive'),
    patches: contactId => [without(contactId)],
    done: () => t`הפנייה עברה לארכיון`,
    undo: contactId => change(contactId, 'unarchive').then(refresh),
    onDone: refresh,
  })
  const unarchive = useAction({
    run: (contactId: number) => change(contactId, 'unarchive'),
    done: () => t`הפנייה חזרה לרשימה`,
    undo: contactId => change(contactId, 'archive').then(refresh),
    onDone: refresh,
  })
  const finish = useAction({
    run: (contactId: number) => change(contactId, 'done'),
    patches: contactId => [
      patchItems<InboxRow>(['/api/inbox'], items =>
        items.map(row => (row.contact_id === contactId ? { ...row, turn: 'done' as const } : row)),
      ),
    ],
    done: () => t`סומן שטופל`,
    onDone: refresh,
  })
  return { archive, unarchive, finish }
}
