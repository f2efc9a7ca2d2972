import { asApiError } from '#shared/api/errors'
import { recallOwn, rememberOwn, storedUser } from '#shared/storage'
import { basesOf, setBases } from '#shared/unsent'
import { call, type Draft } from '../api'
import { joinDrafts } from '../model/join-drafts'
import { slashQuery } from '../model/replies'

/** The draft of a user to a contact. */
export interface DraftOf {
  contactId: number
  threadId: number
  userId: number
}

/** The text of this device was joined with the one that another device has stored. */
export interface Joined {
  contactId: number
  /** The text of this device. */
  before: string
  /** The text of the other device; empty if it has sent or deleted the draft. */
  theirs: string
  text: string
}

/** How often a text is joined with another one in one go. */
const MAX_JOINS = 3
/** How many texts are remembered whose requests have no response. */
const MAX_UNCONFIRMED = 5

/** The last request for each thread. The next one waits for it, so that no late request restores an older text. */
const requests = new Map<number, Promise<unknown>>()
const listeners = new Set<(joined: Joined) => void>()

/** The storage key of a text that the daemon has not stored yet. The text is empty if the draft was sent or deleted. */
export const draftKey = (contactId: number) => `draft.${contactId}`

/** Remembers a text that the daemon has not stored yet. `known` is the stored text that this device has last seen. */
export function keepDraft(of: DraftOf, text: string, known: string): void {
  const key = draftKey(of.contactId)
  if (recallOwn(key, of.userId) === null) setBases(of.contactId, [known], of.userId)
  rememberOwn(key, text, of.userId)
}

export function forgetDraftOf(contactId: number, userId?: number): void {
  rememberOwn(draftKey(contactId), null, userId)
  setBases(contactId, null, userId)
}

/** Returns a function that removes the listener. */
export function whenJoined(listener: (joined: Joined) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * Sends the text that only this browser has to the daemon, and returns the stored text: joined with that of another
 * device, if the daemon has another text than the one on which this browser's text is based. Undefined if there is
 * nothing to send, another user has logged in, or the request fails; the text then stays in this browser.
 */
export function saveDraft(of: DraftOf): Promise<string | undefined> {
  const { contactId, threadId, userId } = of
  const put = async () => {
    for (let joins = 0; joins <= MAX_JOINS; joins++) {
      const text = unsaved(of)
      if (text === undefined) return undefined
      const [base, ...sent] = basesOf(contactId, userId)
      // Before the request, because its response may be lost.
      const unconfirmed = [text, ...sent.filter(one => one !== text)].slice(0, MAX_UNCONFIRMED)
      setBases(contactId, [base, ...unconfirmed], userId)
      try {
        const body = { text, expected: base }
        await call('PUT', '/api/threads/{id}/draft', { params: { path: { id: threadId } }, body })
      } catch (reason) {
        const { code, current } = asApiError(reason)
        if (code !== 'changed' || !join(of, (current as Draft | null)?.text ?? '')) return undefined
        continue
      }
      const newest = recallOwn(draftKey(contactId), userId)
      // Another tab has stored the text as well, or a merge of contacts has moved it.
      if (newest === null) return text
      // A merge of contacts has added another text to the stored one and to its base.
      if (basesOf(contactId, userId)[0] !== base) return undefined
      if (newest === text) forgetDraftOf(contactId, userId)
      else setBases(contactId, [text], userId)
      return text
    }
    return undefined
  }
  const request = (requests.get(threadId) ?? Promise.resolve()).then(put)
  requests.set(threadId, request)
  return request
}

/** Returns the text to send; undefined if there is none. */
function unsaved({ contactId, userId }: DraftOf): string | undefined {
  // After a change of the user, the text must not become the new user's draft.
  if (userId !== storedUser()) return undefined
  const text = recallOwn(draftKey(contactId), userId)
  // The search for a saved reply is not a draft.
  return text === null || slashQuery(text) !== null ? undefined : text
}

/** Bases this browser's text on the stored one. Returns false if there is no text any more. */
function join(of: DraftOf, theirs: string): boolean {
  const before = unsaved(of)
  if (before === undefined) return false
  const [base, ...sent] = basesOf(of.contactId, of.userId)
  setBases(of.contactId, [theirs], of.userId)
  // Stored by an earlier request of this browser whose response was lost.
  if (sent.includes(theirs)) return true
  const text = joinDrafts({ base, theirs, mine: before })
  rememberOwn(draftKey(of.contactId), text, of.userId)
  for (const listener of listeners) listener({ contactId: of.contactId, before, theirs, text })
  return true
}
