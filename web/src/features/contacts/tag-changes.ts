/** The effective changes of a tag request, as pairs of contact and tag. */
export interface TagChanges {
  added: [contactId: number, tagId: number][]
  removed: [contactId: number, tagId: number][]
}

export interface TagRequest {
  contact_ids: number[]
  add: number[]
  remove: number[]
}

/** Contacts that already had an added tag before the change keep the tag. */
export function undoTags({ added, removed }: TagChanges): TagRequest[] {
  const byTag = (pairs: TagChanges['added']) => {
    const found = new Map<number, number[]>()
    for (const [contact, tag] of pairs) found.set(tag, [...(found.get(tag) ?? []), contact])
    return [...found]
  }
  return [
    ...byTag(added).map(([tag, contact_ids]) => ({ contact_ids, add: [], remove: [tag] })),
    ...byTag(removed).map(([tag, contact_ids]) => ({ contact_ids, add: [tag], remove: [] })),
  ]
}

/** The maximum number of contacts of one request. */
const MAX_CONTACTS = 1000

type Send = (body: TagRequest) => Promise<TagChanges>

const chunksOf = (ids: readonly number[]) =>
  Array.from({ length: Math.ceil(ids.length / MAX_CONTACTS) }, (_, at) =>
    ids.slice(at * MAX_CONTACTS, (at + 1) * MAX_CONTACTS),
  )

/**
 * Changes the tags of any number of contacts, one request after the other. If a request fails, the changes of those
 * before it are reversed, because the user could not undo them.
 */
export async function changeTags(send: Send, { contact_ids, ...tags }: TagRequest): Promise<TagChanges> {
  const all: TagChanges = { added: [], removed: [] }
  try {
    for (const ids of chunksOf(contact_ids)) {
      const { added, removed } = await send({ contact_ids: ids, ...tags })
      all.added.push(...added)
      all.removed.push(...removed)
    }
  } catch (error) {
    await reverseTags(send, all).catch(() => undefined)
    throw error
  }
  return all
}

export async function reverseTags(send: Send, changes: TagChanges): Promise<void> {
  for (const { contact_ids, ...tags } of undoTags(changes)) {
    for (const ids of chunksOf(contact_ids)) await send({ contact_ids: ids, ...tags })
  }
}
