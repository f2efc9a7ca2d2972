import { useCallback, useEffect, useRef, useState } from 'react'
import { asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { upload } from '#shared/api/upload'
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

/** Each attachment is uploaded as soon as it is added. */
export function useUploads() {
  const [items, setItems] = useState<readonly UploadItem[]>([])
  const running = useRef(new Map<number, AbortController>())
  const change = useCallback(
    (id: number, part: Partial<UploadItem>) =>
      setItems(known => known.map(item => (item.id === id ? { ...item, ...part } : item))),
    [],
  )

  const start = useCallback(
    (item: UploadItem) => {
      const control = new AbortController()
      running.current.set(item.id, control)
      uploadMedia(item.file, item.name, { onProgress: part => change(item.id, { part }), signal: control.signal })
        .then(media => change(item.id, { media, part: 1 }))
        .catch(reason => {
          if (!control.signal.aborted) change(item.id, { problem: problemText(asApiError(reason)) })
        })
        .finally(() => running.current.delete(item.id))
    },
    [change],
  )

  const add = useCallback(
    (files: readonly File[]) => {
      const made = files.map(file => ({
        id: next++,
        name: file.name,
        file,
        preview: file.type.startsWith('image/') ? URL.createObjectURL(file) : null,
        part: 0,
      }))
      setItems(known => [...known, ...made])
      made.forEach(start)
    },
    [start],
  )

  /** Adds the uploaded file of a message that was not sent. */
  const restore = useCallback((media: NonNullable<Outgoing['media']>) => {
    const preview = media.mime.startsWith('image/') ? `/api/media/${media.id}` : null
    setItems(known => [...known, { id: next++, name: media.name, file: new Blob(), preview, part: 1, media }])
  }, [])

  const retry = useCallback(
    (item: UploadItem) => {
      setItems(known => known.map(other => (other.id === item.id ? { ...strip(other), part: 0 } : other)))
      start(item)
    },
    [start],
  )

  const remove = useCallback((id: number) => {
    running.current.get(id)?.abort()
    setItems(known => {
      const gone = known.find(item => item.id === id)
      if (gone?.preview) URL.revokeObjectURL(gone.preview)
      return known.filter(item => item.id !== id)
    })
  }, [])

  const clear = useCallback(() => {
    setItems(known => {
      for (const { preview } of known) if (preview) URL.revokeObjectURL(preview)
      return []
    })
  }, [])

  useEffect(() => {
    const all = running.current
    return () => {
      for (const control of all.values()) control.abort()
    }
  }, [])

  return { items, add, restore, retry, remove, clear, isReady: items.every(({ media }) => media !== undefined) }
}

function strip({ problem: _, ...item }: UploadItem): UploadItem {
  return item
}
