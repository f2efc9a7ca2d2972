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
