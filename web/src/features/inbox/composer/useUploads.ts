import { useState, useSyncExternalStore } from 'react'
import { onForgetOwn, storedUser } from '#shared/storage'
import { UploadList } from './upload-list'

export type Uploads = ReturnType<typeof useUploads>

/** By user and contact. A list outlives the view of its conversation, as the draft of the text does. */
const lists = new Map<string, UploadList>()
onForgetOwn(() => {
  for (const list of lists.values()) list.clear()
  lists.clear()
})

/** Each attachment is uploaded as soon as it is added, and the upload continues while another conversation is open. */
export function useUploads(contactId: number) {
  const [owner] = useState(storedUser)
  const key = `${owner}.${contactId}`
  const list = lists.get(key) ?? new UploadList(contactId, owner)
  lists.set(key, list)
  const items = useSyncExternalStore(list.subscribe, () => list.items)
  const { add, restore, retry, remove, clear } = list
  return { items, add, restore, retry, remove, clear, isReady: items.every(({ media }) => media !== undefined) }
}
