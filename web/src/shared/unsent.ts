import { client, unwrap } from './api/client'
import { ownKeys, recallOwn, rememberOwn, storedUser } from './storage'

/**
 * The storage key of the text that the daemon had when the user began to change it. It is stored together with a text
 * that the daemon does not have yet, to find the older text in the draft that a merge has joined.
 */
export const storedDraftKey = (contactId: number) => `stored-draft.${contactId}`

type Listener = (from: number, to: number) => void
const listeners = new Set<Listener>()

/**
 * Adds a function that is called when the unsent message to a contact has moved to another one, because other tabs are
 * informed of changes of the storage, but this tab is not. Returns a function that removes it.
 */
export function onMoveUnsent(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/**
 * Adds `mine` to the draft that the daemon has for the kept contact. A merge has already added `before` to that draft:
 * the text of `mine` that the daemon had.
 */
export function joinDraft(kept: string, before: string, mine: string): string {
  const older = [mine, before].find(text => text !== '' && (kept === text || kept.endsWith(`\n${text}`)))
  const rest = older === undefined ? kept : kept.slice(0, kept.length - older.length)
  return joined(rest.replace(/\n$/, ''), mine)
}

const joined = (...texts: string[]) => texts.filter(text => text.trim()).join('\n')

async function daemonDraft(contactId: number): Promise<string> {
  const { threads } = await unwrap(client.GET('/api/contacts/{id}', { params: { path: { id: contactId } } }))
  const thread = threads.find(({ type }) => type === 'whatsapp')
  if (!thread) return ''
  const { draft } = await unwrap(client.GET('/api/threads/{id}', { params: { path: { id: thread.id } } }))
  return draft?.text ?? ''
}

/**
 * Moves the unsent message to a merged contact to the contact that was kept: its text, its quote and its files. Rejects
 * without a change if the draft of the kept contact cannot be read, which the text would replace.
 */
export async function moveUnsent(from: number, to: number): Promise<void> {
  const owner = storedUser()
  const stored = recallOwn(`draft.${from}`) === null ? '' : await daemonDraft(to)
  if (owner !== storedUser()) return
  const take = (name: string) => {
    const mine = recallOwn(`${name}.${from}`)
    rememberOwn(`${name}.${from}`, null)
    return mine
  }
  const before = take('stored-draft') ?? ''
  const mine = take('draft')
  if (mine !== null) {
    const theirs = recallOwn(`draft.${to}`)
    const text = theirs === null ? joinDraft(stored, before, mine) : joined(theirs, mine)
    // Without a text of its own, the kept contact may have the whole text already.
    if (theirs !== null || text !== stored) {
      rememberOwn(`draft.${to}`, text)
      rememberOwn(storedDraftKey(to), stored)
    }
  }
  const reply = take('reply')
  if (reply && recallOwn(`reply.${to}`) === null) rememberOwn(`reply.${to}`, reply)
  const files = take('files')
  if (files) {
    const theirs = JSON.parse(recallOwn(`files.${to}`) ?? '[]') as unknown[]
    rememberOwn(`files.${to}`, JSON.stringify([...theirs, ...(JSON.parse(files) as unknown[])]))
  }
  for (const listener of listeners) listener(from, to)
}

/**
 * Moves the unsent messages to contacts that were merged while no page showed them. A message whose contact cannot be
 * read stays where it is.
 */
export async function adoptUnsent(): Promise<void> {
  const ids = new Set(ownKeys('').flatMap(key => /^(?:draft|reply|files)\.(\d+)$/.exec(key)?.[1] ?? []))
  for (const id of [...ids].map(Number)) {
    const contact = await unwrap(client.GET('/api/contacts/{id}', { params: { path: { id } } })).catch(() => undefined)
    if (contact && contact.id !== id) await moveUnsent(id, contact.id).catch(() => undefined)
  }
}
