import { useState, useSyncExternalStore } from 'react'
import { onForgetOwn, onOwnChange, recallOwn, rememberOwn, storedUser } from '#shared/storage'
import { onMoveUnsent } from '#shared/unsent'
import { filesKey, UploadList } from './upload-list'

export type Uploads = ReturnType<typeof useUploads>

/** By user and contact. A list outlives the view of its conversation, as the draft of the text does. */
const lists = new Map<string, UploadList>()
onForgetOwn(() => {
  for (const list of lists.values()) list.clear()
  lists.clear()
})

onOwnChange((key, user, value) => {
  for (const list of lists.values()) if (list.key === key && list.owner === user) list.follow(value)
})

onMoveUnsent((from, to) => {
  const owner = storedUser()
  const [old, kept] = [lists.get(`${owner}.${from}`), listOf(to, owner)]
  kept.follow(recallOwn(kept.key, owner))
  if (!old) return
  kept.adopt(old)
  lists.delete(`${owner}.${from}`)
})

/** Deletes the attachments for an erased contact, and ends their uploads. */
export function forgetUploads(contactId: number): void {
  rememberOwn(filesKey(contactId), null)
  for (const [name, list] of lists) {
    if (list.key !== filesKey(contactId)) continue
    list.clear()
    lists.delete(name)
  }
}

export function listOf(contactId: number, owner: number): UploadList {
  const key = `${owner}.${contactId}`
  const list = lists.get(key) ?? new UploadList(contactId, owner)
  lists.set(key, list)
  return list
}

/** Each attachment is uploaded as soon as it is added, and the upload continues while another conversation is open. */
export function useUploads(contactId: number) {
  const [owner] = useState(storedUser)
  const list = listOf(contactId, owner)
  const items = useSyncExternalStore(list.subscribe, () => list.items)
  const { add, restore, retry, remove, clear } = list
  return { items, add, restore, retry, remove, clear, isReady: items.every(({ media }) => media !== undefined) }
}
