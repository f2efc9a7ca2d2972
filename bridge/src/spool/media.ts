import { createHash } from 'node:crypto'
import type { ReadStream } from 'node:fs'
import { mkdir, open, readdir, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { type proto, toNumber, type WAMessage } from 'baileys'
import { backOff } from '../back-off.ts'
import { type Log, reason } from '../log.ts'
import type { Change } from '../session/record.ts'
import { MEDIA, type Session } from '../session/session.ts'
import type { Settings } from '../settings.ts'
import type { MediaContent } from '../whatsapp/message-content.ts'
import { withTimeout } from '../with-timeout.ts'

import { downloadMedia, MediaGone } from './media-download.ts'

export interface MediaEntry {
  /** `wanted`: not downloaded yet. `here`: on disk. `gone`: permanently unavailable. */
  readonly state: 'wanted' | 'here' | 'gone'
  readonly at: number
  readonly mime: string | undefined
  /** The file name that the sender chose. */
  readonly name?: string | undefined
  readonly bytes: number
  readonly type: MediaContent['type']
  readonly message: MediaContent['message']
  /** The message's key, for a request to the phone to upload the file again. */
  readonly key: proto.IMessageKey
  readonly tries: number
  /**
   * Whether the phone is not asked to upload the file again: it has done so, or the message is from the history. A
   * phone that did not upload the file, for example because it was offline, is asked at each try.
   */
  readonly asked: boolean
  readonly why?: string
}

export interface MediaDependencies {
  readonly session: Session
  readonly settings: Settings
  readonly folder: string
  /** Asks the phone to upload a file again. Resolves with the message that contains the new URL. */
  readonly renew: (message: WAMessage) => Promise<WAMessage>
  readonly isConnected: () => boolean
  readonly log: Log
}

/**
 * The files of received messages. They are downloaded at once, because WhatsApp's links expire, and kept until the
 * daemon confirms that it has stored them. If they exceed the space limit, the oldest are evicted first.
 */
export class MediaStore {
  readonly #dependencies: MediaDependencies
  readonly #queue: string[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  #fetching = 0
  #stopped = false

  constructor(dependencies: MediaDependencies) {
    this.#dependencies = dependencies
  }

  async start(): Promise<void> {
    await mkdir(this.#dependencies.folder, { recursive: true, mode: 0o700 })
    const files = new Set(await readdir(this.#dependencies.folder))
    for (const name of files) if (!this.#get(name)) await rm(this.path(name), { force: true })
    for (const [id, entry] of this.#entries()) {
      // The file was evicted because the disk was full.
      if (entry.state === 'here' && !files.has(id)) await this.#evict(id, entry)
      if (entry.state === 'wanted') this.#enqueue(id)
      if (entry.state === 'gone' && Date.now() - entry.at > REMEMBERED_MS) await this.forget(id)
    }
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
  }

  /**
   * Prepares to download a file, and returns the change to commit; there is none if the file is already known. The same
   * message always gives the same id. For old files (`isOld`) that WhatsApp no longer has, the phone is not asked to
   * upload them again. Call {@link arrived} after the commit.
   */
  prepare(key: proto.IMessageKey, content: MediaContent, isOld: boolean): { id: string; change: Change | undefined } {
    const { type, message, mime, fileName: name } = content
    const id = idOf(key)
    if (this.#get(id)) return { id, change: undefined }
    const tooLarge = toNumber(message.fileLength as number) > this.#dependencies.settings.maxMediaBytes
    const entry: MediaEntry = {
      state: tooLarge ? 'gone' : 'wanted',
      at: Date.now(),
      mime,
      name,
      bytes: 0,
      type,
      message,
      key,
      tries: 0,
      asked: isOld,
      ...(tooLarge ? { why: 'the file is too large' } : {}),
    }
    return { id, change: [MEDIA, id, entry] }
  }

  arrived(id: string): void {
    if (this.#get(id)?.state === 'wanted') this.#enqueue(id)
  }

  /** Records a file, and starts to download it. Resolves with its id when the record is on disk. */
  async note(key: proto.IMessageKey, content: MediaContent, isOld: boolean): Promise<string> {
    const { id, change } = this.prepare(key, content, isOld)
    if (change) {
      await this.#dependencies.session.file.commit([change])
      this.arrived(id)
    }
    return id
  }

  find(id: string): MediaEntry | undefined {
    return this.#get(id)
  }

  /** Opens a file. Resolves with undefined if it was evicted. */
  async open(id: string): Promise<ReadStream | undefined> {
    try {
      return (await open(this.path(id))).createReadStream()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  path(id: string): string {
    return join(this.#dependencies.folder, id)
  }

  async forget(id: string): Promise<void> {
    if (!this.#get(id)) return
    await this.#dependencies.session.file.commit([[MEDIA, id, null]])
    await rm(this.path(id), { force: true })
  }

  get waiting(): number {
    return this.#entries().filter(([, entry]) => entry.state === 'wanted').length
  }

  #enqueue(id: string): void {
    this.#queue.push(id)
    this.#startFetches()
  }

  #startFetches(): void {
    while (!this.#stopped && this.#fetching < MAX_FETCHES && this.#queue.length > 0) {
      const id = this.#queue.shift() as string
      this.#fetching++
      void this.#fetch(id)
        .catch(error =>
          this.#dependencies.log.error(
            'WA_MEDIA',
            `Cannot record the state of media file ${id}; it is fetched again after the next start: ${reason(error)}`,
            {
              id,
            },
          ),
        )
        .finally(() => {
          this.#fetching--
          this.#startFetches()
        })
    }
  }

  async #fetch(id: string): Promise<void> {
    const entry = this.#get(id)
    if (entry?.state !== 'wanted') return
    const { settings, log } = this.#dependencies
    const message = entry.key.id ?? null
    try {
      const bytes = await downloadMedia({
        content: entry,
        path: this.path(id),
        maxBytes: settings.maxMediaBytes,
        mayUseLoopback: settings.webSocketUrl !== undefined,
      })
      if (!(await this.#change(id, { ...entry, state: 'here', bytes }))) return await rm(this.path(id), { force: true })
      log.info('WA_MEDIA_IN', `File ${id} of message ${message} was fetched from WhatsApp`, {
        id,
        message_id: message,
        bytes,
      })
      await this.#evictOver(settings.mediaSpoolBytes)
    } catch (error) {
      if (!this.#stopped) await this.#onFetchError(id, entry, error)
    }
  }

  async #onFetchError(id: string, entry: MediaEntry, error: unknown): Promise<void> {
    const { statusCode = 0 } = (error as { output?: { statusCode?: number } }).output ?? {}
    // The URL of a file gives access to it, so it must not appear in logs or responses.
    const why = statusCode ? `WhatsApp's server answered ${statusCode}` : reason(error).replaceAll(/https?:\S+/g, '…')
    const missing = MISSING.has(statusCode)
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC' && (await this.#evictOldest())) return this.#enqueue(id)
    if (missing && !entry.asked && this.#dependencies.isConnected()) {
      const renewed = await this.#requestUpload(id, entry)
      if (renewed) return this.#enqueue(id)
    }
    const tooOld = Date.now() - entry.at > WHATSAPP_KEEPS_MS
    if (error instanceof MediaGone || tooOld || (missing && entry.tries >= MAX_TRIES_WHEN_MISSING)) {
      await this.#change(id, { ...entry, state: 'gone', why })
      this.#logGone(id, entry, `is permanently unavailable: ${why}`)
      return
    }
    if (!(await this.#change(id, { ...entry, tries: entry.tries + 1 }))) return
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer)
        this.#enqueue(id)
      },
      backOff(entry.tries + 1, Math.random()),
    )
    this.#timers.add(timer)
  }

  /** Asks the phone to upload the file again. Resolves with whether the phone did so. */
  async #requestUpload(id: string, entry: MediaEntry): Promise<boolean> {
    const field = `${entry.type}Message`
    const message = { key: entry.key, message: { [field]: { ...entry.message } } } as unknown as WAMessage
    try {
      const renewed = await withTimeout(this.#dependencies.renew(message), RENEWAL_MS)
      const content = (renewed.message as Record<string, MediaContent['message']>)[field]
      await this.#change(id, { ...entry, asked: true, message: { ...entry.message, ...content } })
      return true
    } catch (error) {
      this.#dependencies.log.debug(
        'WA_MEDIA_RENEW',
        `The phone did not upload file ${id} of message ${entry.key.id} again: ${reason(error)}`,
        { id },
      )
      return false
    }
  }

  /** Evicts the oldest files until the others fit into the limit. */
  async #evictOver(limit: number): Promise<void> {
    const here = this.#entries().filter(([, entry]) => entry.state === 'here')
    let bytes = here.reduce((sum, [, entry]) => sum + entry.bytes, 0)
    for (const [id, entry] of here) {
      if (bytes <= limit) return
      await this.#evict(id, entry)
      bytes -= entry.bytes
    }
  }

  /** Evicts the oldest file. Resolves with false if there is none. */
  async #evictOldest(): Promise<boolean> {
    const oldest = this.#entries().find(([, entry]) => entry.state === 'here')
    if (oldest) await this.#evict(...oldest)
    return oldest !== undefined
  }

  async #evict(id: string, entry: MediaEntry): Promise<void> {
    await rm(this.path(id), { force: true })
    await this.#change(id, { ...entry, state: 'gone', why: LACK_OF_SPACE })
    this.#logGone(id, entry, 'was evicted for lack of space before the daemon confirmed that it has the file')
  }

  #logGone(id: string, { key }: MediaEntry, what: string): void {
    this.#dependencies.log.warn('WA_MEDIA_GONE', `File ${id} of message ${key.id} ${what}`, { id, message_id: key.id })
  }

  #entries(): [string, MediaEntry][] {
    return [...this.#dependencies.session.file.entries(MEDIA)] as [string, MediaEntry][]
  }

  #get(id: string): MediaEntry | undefined {
    return this.#dependencies.session.file.get(MEDIA, id) as MediaEntry | undefined
  }

  /** Replaces a record. Resolves with false, and writes nothing, if the record was deleted. */
  async #change(id: string, entry: MediaEntry): Promise<boolean> {
    if (!this.#get(id)) return false
    await this.#dependencies.session.file.commit([[MEDIA, id, entry]])
    return true
  }
}

/** Deletes the oldest files of a folder until its disk has some free space again. Never throws. */
export async function evictOldestFiles(folder: string): Promise<void> {
  try {
    const names = await readdir(folder)
    const files = await Promise.all(names.map(async name => ({ name, at: (await stat(join(folder, name))).mtimeMs })))
    files.sort((a, b) => a.at - b.at)
    for (const { name } of files) {
      const { bavail, bsize } = await statfs(folder)
      if (bavail * bsize >= MIN_FREE_BYTES) return
      await rm(join(folder, name), { force: true })
    }
  } catch {
    // The folder does not exist, or its files cannot be deleted.
  }
}

function idOf({ remoteJid, id, fromMe, participant }: proto.IMessageKey): string {
  const name = [remoteJid, id, fromMe, participant].join('/')
  return createHash('sha256').update(name).digest('hex').slice(0, 32)
}

const MAX_FETCHES = 2
const RENEWAL_MS = 30_000
/**
 * HTTP statuses that mean that the file is not available at its URL: 403 (WhatsApp's answer to an expired URL), 404 and
 * 410. The phone is then asked to upload the file again.
 */
const MISSING = new Set([403, 404, 410])
const MAX_TRIES_WHEN_MISSING = 3
/** How long WhatsApp's servers keep files: about two weeks. */
const WHATSAPP_KEEPS_MS = 14 * 24 * 3_600_000
/** How long after its arrival the record of an unavailable file is kept; it is deleted at a later start. */
const REMEMBERED_MS = 30 * 24 * 3_600_000
/** The free space of the disk at which eviction stops, in bytes: enough for thousands of messages. */
const MIN_FREE_BYTES = 16 << 20
export const LACK_OF_SPACE = 'the file was deleted for lack of space before the daemon fetched it'
