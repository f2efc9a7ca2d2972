import { asApiError } from '#shared/api/errors'
import { problemText } from '#shared/api/problem-text'
import { upload } from '#shared/api/upload'
import { recallOwn, rememberOwn } from '#shared/storage'
import type { Media } from '../api'
import type { Outgoing } from '../outbox'

type Uploaded = Pick<Media, 'id' | 'mime' | 'width' | 'height'>

export interface UploadItem {
  id: number
  name: string
  /** The content; empty if the file was already uploaded, before a reload or for a message that was then stopped. */
  file: Blob
  /** The URL of the thumbnail; null for files that are not images. */
  preview: string | null
  part: number
  media?: Uploaded
  problem?: Problem
}

/** A retry does not help if the file itself is refused. */
export interface Problem {
  text: string
  canRetry: boolean
}

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

/** The storage key of the uploaded files of a draft. */
export const filesKey = (contactId: number) => `files.${contactId}`

type Kept = { name: string; media: Uploaded }

/** The attachments of one conversation that are not sent yet. This browser keeps those that the daemon has. */
export class UploadList {
  items: readonly UploadItem[]
  private readonly running = new Map<number, AbortController>()
  private readonly listeners = new Set<() => void>()
  readonly key: string
  readonly owner: number
  /** What this browser keeps, as text. */
  private kept: string | null
  /** The list that has adopted this one, and gets the results of its uploads. */
  private successor: UploadList | undefined

  constructor(contactId: number, owner: number) {
    this.key = filesKey(contactId)
    this.owner = owner
    this.kept = recallOwn(this.key, owner)
    this.items = read(this.kept).map(uploaded)
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** `refusal` is why a file is not uploaded; undefined if it is. */
  readonly add = (files: readonly File[], refusal: (file: File) => string | undefined = () => undefined) => {
    const made = files.map((file): UploadItem => {
      const text = refusal(file)
      const preview = file.type.startsWith('image/') ? URL.createObjectURL(file) : null
      const item = { id: next++, name: file.name, file, preview, part: 0 }
      return text === undefined ? item : { ...item, problem: { text, canRetry: false } }
    })
    this.set([...this.items, ...made])
    for (const item of made) if (!item.problem) this.start(item)
  }

  /** Adds the uploaded file of a message that was not sent. */
  readonly restore = ({ name, ...media }: NonNullable<Outgoing['media']>) => {
    this.set([...this.items, uploaded({ name, media })])
  }

  readonly retry = (item: UploadItem) => {
    this.set(this.items.map(other => (other.id === item.id ? { ...strip(other), part: 0 } : other)))
    this.start(item)
  }

  readonly remove = (id: number) => this.drop(this.items.filter(item => item.id === id))

  readonly clear = () => this.drop(this.items)

  /** Another tab has sent, removed or added uploaded files of the same draft. */
  readonly follow = (stored: string | null) => {
    const kept = read(stored)
    const known = this.items.filter(({ media }) => !media || kept.some(one => one.media.id === media.id))
    const added = kept.filter(({ media }) => !this.items.some(item => item.media?.id === media.id))
    this.kept = stored
    this.show([...known, ...added.map(uploaded)])
  }

  /** Takes the files of a list that are not uploaded yet. The browser's storage already has the others. */
  readonly adopt = (old: UploadList) => {
    for (const [id, control] of old.running) this.running.set(id, control)
    old.successor = this
    this.set([...this.items, ...old.items.filter(({ media }) => !media)])
    old.show([])
  }

  private readonly start = (item: UploadItem) => {
    const control = new AbortController()
    this.running.set(item.id, control)
    uploadMedia(item.file, item.name, { onProgress: part => this.change(item.id, { part }), signal: control.signal })
      .then(media => this.change(item.id, { media, part: 1 }))
      .catch(reason => {
        const error = asApiError(reason)
        const problem = { text: problemText(error), canRetry: error.code !== 'too_large' }
        if (!control.signal.aborted) this.change(item.id, { problem })
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

  private change(id: number, part: Partial<UploadItem>): void {
    if (this.successor) this.successor.change(id, part)
    else this.set(this.items.map(item => (item.id === id ? { ...item, ...part } : item)))
  }

  private set(items: readonly UploadItem[]) {
    const files = items.flatMap(({ name, media }): Kept[] => (media ? [{ name, media }] : []))
    const kept = files.length > 0 ? JSON.stringify(files) : null
    if (kept !== this.kept) rememberOwn(this.key, kept, this.owner)
    this.kept = kept
    this.show(items)
  }

  private show(items: readonly UploadItem[]) {
    this.items = items
    for (const listener of this.listeners) listener()
  }
}

const uploaded = ({ name, media }: Kept): UploadItem => ({
  id: next++,
  name,
  file: new Blob(),
  preview: media.mime.startsWith('image/') ? `/api/media/${media.id}` : null,
  part: 1,
  media,
})

function read(stored: string | null): Kept[] {
  try {
    return JSON.parse(stored ?? '[]') as Kept[]
  } catch {
    return []
  }
}

function strip({ problem: _, ...item }: UploadItem): UploadItem {
  return item
}
