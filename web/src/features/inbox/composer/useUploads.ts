import { useState, useSyncExternalStore } from 'react'
import { asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { upload } from '#shared/api/upload'
import { onForgetOwn, storedUser } from '#shared/storage'
import type { Media } from '../api'
import type { Outgoing } from '../outbox'

export interface UploadItem {
  id: number
  name: string
  /** The content; empty if the file was already uploaded for a message that was then stopped or is being edited. */
  file: Blob
  /** The URL of the thumbnail; null for files that are not images. */
  preview: string | null
  part: number
  media?: Pick<Media, 'id' | 'mime' | 'width' | 'height'>
  problem?: string
}

export type Uploads = ReturnType<typeof useUploads>

let next = 1

/** `onProgress` gets the uploaded share, from 0 to 1. */
export const uploadMedia = (
  file: Blob,
  name: string,
  options: { onProgress?: (part: number) => void; signal?: AbortSignal } = {},
) =>
  upload<Media>({
    path: '/api/media',
    body: file,
    headers: { 'X-File-Name': encodeURIComponent(name) },
    ...options,
  })

/** The attachments of one conversation that are not sent yet. */
class UploadList {
  items: readonly UploadItem[] = []
  private readonly running = new Map<number, AbortController>()
  private readonly listeners = new Set<() => void>()

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly add = (files: readonly File[]) => {
    const made = files.map(file => ({
      id: next++,
      name: file.name,
      file,
      preview: file.type.startsWith('image/') ? URL.createObjectURL(file) : null,
      part: 0,
    }))
    this.set([...this.items, ...made])
    made.forEach(this.start)
  }

  /** Adds the uploaded file of a message that was not sent. */
  readonly restore = (media: NonNullable<Outgoing['media']>) => {
    const preview = media.mime.startsWith('image/') ? `/api/media/${media.id}` : null
    this.set([...this.items, { id: next++, name: media.name, file: new Blob(), preview, part: 1, media }])
  }

  readonly retry = (item: UploadItem) => {
    this.set(this.items.map(other => (other.id === item.id ? { ...strip(other), part: 0 } : other)))
    this.start(item)
  }

  readonly remove = (id: number) => this.drop(this.items.filter(item => item.id === id))

  readonly clear = () => this.drop(this.items)

  private readonly start = (item: UploadItem) => {
    const control = new AbortController()
    this.running.set(item.id, control)
    uploadMedia(item.file, item.name, { onProgress: part => this.change(item.id, { part }), signal: control.signal })
      .then(media => this.change(item.id, { media, part: 1 }))
      .catch(reason => {
        if (!control.signal.aborted) this.change(item.id, { problem: problemText(asApiError(reason)) })
      })
      .finally(() => this.running.delete(item.id))
  }

  private drop(gone: readonly UploadItem[]) {
    for (const { id, preview } of gone) {
      this.running.get(id)?.abort()
      if (preview) URL.revokeObjectURL(preview)
    }
    this.set(this.items.filter(item => !gone.includes(item)))
  }

  private change(id: number, part: Partial<UploadItem>) {
    this.set(this.items.map(item => (item.id === id ? { ...item, ...part } : item)))
  }

  private set(items: readonly UploadItem[]) {
    this.items = items
    for (const listener of this.listeners) listener()
  }
}

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
  const list = lists.get(key) ?? new UploadList()
  lists.set(key, list)
  const items = useSyncExternalStore(list.subscribe, () => list.items)
  const { add, restore, retry, remove, clear } = list
  return { items, add, restore, retry, remove, clear, isReady: items.every(({ media }) => media !== undefined) }
}

function strip({ problem: _, ...item }: UploadItem): UploadItem {
  return item
}
