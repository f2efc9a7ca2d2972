import { client, unwrap } from './api/client'
import { ownKeys, recallOwn, rememberOwn, storedUser } from './storage'

const basesKey = (contactId: number) => `draft-base.${contactId}`

/**
 * Returns the texts that the daemon may have as the draft to a contact of which this browser has a newer text: first the
 * one on which that text is based, then those that this browser has sent since without a response.
 */
export function basesOf(contactId: number, userId?: number): [string, ...string[]] {
  const kept = recallOwn(basesKey(contactId), userId)
  try {
    const [base = '', ...sent] = JSON.parse(kept ?? '[]') as string[]
    return [base, ...sent]
  } catch {
    return ['']
  }
}

/** Null deletes them. */
export const setBases = (contactId: number, bases: readonly string[] | null, userId?: number): void =>
  rememberOwn(basesKey(contactId), bases && JSON.stringify(bases), userId)

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

/** A text that only this browser has, and what `basesOf` returns for it. */
export interface Local {
  text: string
  bases: readonly [string, ...string[]]
}

const joined = (...texts: string[]) => texts.filter(text => text.trim()).join('\n')

const endsWithLines = (text: string, lines: string) => lines === '' || text === lines || text.endsWith(`\n${lines}`)

/** Returns the lines of `text` that `base` does not have, which another device has changed, sent or deleted since. */
function linesAdded(base: string, text: string): string {
  const known = base.split('\n')
  const lines = text.split('\n')
  return lines.filter(line => !known.includes(line)).join('\n')
}

/**
 * Joins the text to a merged contact with `stored`, the draft that the daemon has for the kept contact, or with the
 * newer text `kept` of this browser to that contact. The daemon has already added its own draft to the merged contact at
 * the end of `stored`: the newer text replaces this older one. Null if the daemon has the whole text.
 */
export function joinMoved(stored: string, { text: mine, bases }: Local, kept: Local | null): Local | null {
  const candidates = [...bases, mine].sort((a, b) => b.length - a.length)
  const older = candidates.find(text => endsWithLines(stored, text))
  // Another device has sent or deleted the draft: the next request keeps what was written after it.
  if (older === undefined && !kept && !stored.trim()) return { text: mine, bases }
  const added = older === undefined ? linesAdded(bases[0], mine) : mine
  const replaceOlder = (text: string) => {
    const rest = older && endsWithLines(text, older) ? text.slice(0, -older.length).replace(/\n$/, '') : text
    return joined(rest, added)
  }
  if (!kept) {
    const text = replaceOlder(stored)
    return text === stored ? null : { text, bases: [stored] }
  }
  // The kept contact's text is based on the joined draft, so that it has the older text too.
  if (kept.bases[0] === stored) return { text: replaceOlder(kept.text), bases: kept.bases }
  // A merge joins no equal drafts. If another device has changed the draft, the next request joins the texts.
  const withOlder = (base: string) => (base === older ? base : joined(base, older ?? ''))
  const [base, ...sent] = kept.bases
  return { text: joined(kept.text, added), bases: [withOlder(base), ...sent.map(withOlder)] }
}

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
  const bases = basesOf(from)
  take('draft-base')
  const mine = take('draft')
  if (mine !== null) {
    const theirs = recallOwn(`draft.${to}`)
    const moved = joinMoved(
      stored,
      { text: mine, bases },
      theirs === null ? null : { text: theirs, bases: basesOf(to) },
    )
    if (moved) {
      setBases(to, moved.bases)
      rememberOwn(`draft.${to}`, moved.text)
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
