import { recallOwn, rememberOwn, storedUser } from '#shared/storage'
import { storedDraftKey } from '#shared/unsent'
import { call } from '../api'
import { slashQuery } from '../model/replies'

/** The last request for each thread. The next one waits for it, so that no late request restores an older text. */
const requests = new Map<number, Promise<unknown>>()

/** The storage key of a text that the daemon has not stored yet. The text is empty if the draft was sent or deleted. */
export const draftKey = (contactId: number) => `draft.${contactId}`

/**
 * Sends the text that only this browser has to the daemon, and returns the stored text. Undefined if there is nothing
 * to send, another user has logged in, or the request fails; the text then stays in this browser.
 */
export function saveDraft(contactId: number, threadId: number, userId: number): Promise<string | undefined> {
  const key = draftKey(contactId)
  const put = async () => {
    // After a change of the user, the text must not become the new user's draft.
    if (userId !== storedUser()) return undefined
    const text = recallOwn(key, userId)
    // The search for a saved reply is not a draft.
    if (text === null || slashQuery(text) !== null) return undefined
    try {
      await call('PUT', '/api/threads/{id}/draft', { params: { path: { id: threadId } }, body: { text } })
    } catch {
      return undefined
    }
    const isNewest = recallOwn(key, userId) === text
    if (isNewest) rememberOwn(key, null, userId)
    // The text may have moved to another contact meanwhile.
    if (isNewest || recallOwn(key, userId) !== null) {
      rememberOwn(storedDraftKey(contactId), isNewest ? null : text, userId)
    }
    return text
  }
  const request = (requests.get(threadId) ?? Promise.resolve()).then(put)
  requests.set(threadId, request)
  return request
}
