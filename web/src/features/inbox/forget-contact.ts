import { queryClient } from '#shared/api/query'
import { rememberOwn } from '#shared/storage'
import type { Contact } from './api'
import { forgetDraftOf } from './composer/draft-sync'
import { forgetUploads } from './composer/useUploads'
import { replyKey } from './model/reply'
import { outbox } from './outbox'
import { contactQuery } from './queries'
import { TIMELINES } from './timeline/useTimeline'

/**
 * Deletes what this browser has of an erased contact: the cached responses, the draft with its files, and the messages that are not
 * sent yet, because a message to the number would create the contact again. Call this function when none of it is on
 * the screen any more; a response that is still on the screen stays in the cache.
 */
export function forgetContact(id: number): void {
  outbox.forget(id)
  forgetDraftOf(id)
  rememberOwn(replyKey(id), null)
  forgetUploads(id)
  const contact = queryClient.getQueryData<Contact>(contactQuery(id).queryKey)
  const threads = new Set(contact?.threads.map(thread => thread.id))
  queryClient.removeQueries({
    type: 'inactive',
    predicate: ({ queryKey: [path, params] }) => {
      if (path === TIMELINES) return params === id
      if (typeof path !== 'string' || !path.startsWith('/api/')) return false
      const { path: named, query } = (params ?? {}) as { path?: { id?: number }; query?: Record<string, unknown> }
      if (path.startsWith('/api/contacts/{id}')) return named?.id === id
      if (path.startsWith('/api/threads/{id}')) return named?.id !== undefined && threads.has(named.id)
      return query?.contact_id === id || threads.has(Number(query?.thread_id))
    },
  })
}
