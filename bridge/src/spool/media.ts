import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream, type ReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { downloadContentFromMessage, type MediaType, type proto, toNumber, type WAMessage } from 'baileys'
import { type Log, reason } from '../log.ts'
import type { Change } from '../session/record.ts'
import { MEDIA, type Session } from '../session/session.ts'
import type { Settings } from '../settings.ts'
import type { MediaContent } from '../whatsapp/content.ts'
import { backOff } from '../whatsapp/reaction.ts'

/** A file of a message, by its id. */
export interface MediaEntry {
  /** `wanted`: not fetched yet. `here`: on disk. `gone`: permanently unavailable. */
  readonly state: 'wanted' | 'here' | 'gone'
  readonly at: number
  readonly mime: string | undefined
  /** The file name that its sender chose. */
  readonly name?: string | undefined
  readonly bytes: number
  readonly type: MediaContent['type']
  readonly message: MediaContent['message']
  /** For the request to the phone to upload the file again. */
  readonly key: proto.IMessageKey
  readonly tries: number
  readonly asked: boolean
  readonly why?: string
}

/** The external dependencies of the media spool. */
export interface MediaParts {
  readonly session: Session
  readonly settings: Settings
  readonly folder: string
  /** Requests the phone to upload a file again; resolves with the message that contains the new address. */
  readonly renew: (message: WAMessage) => Promise<WAMessage>
  readonly isConnected: () => boolean
  readonly log: Log
}

/**
 * The files of received messages: fetched from WhatsApp at once, since its links expire, and kept until the daemon
 * has them, within a limit of space. The oldest are evicted first.
 */
export class MediaStore {
  readonly #parts: MediaParts
  readonly #wanted: string[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  #working = 0
  #stopped = false

  constructor(parts: MediaParts) {
    this.#parts = parts
  }

  async start(): Promise<void> {
    await mkdir(this.#parts.folder, { recursive: true, mode: 0o700 })
    const files = new Set(await readdir(this.#parts.folder))
    for (const name of files) if (!this.#get(name)) await rm(this.path(name), { force: true })
    for (const [id, entry] of this.#entries()) {
      // The file was deleted because the disk was full.
      if (entry.state === 'here' && !files.has(id)) await this.#giveUp(id, entry)
      if (entry.state === 'wanted') this.#want(id)
      if (entry.state === 'gone' && Date.now() - entry.at > REMEMBERED_MS) await this.forget(id)
    }
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers) clearTimeout(timer)
  }

  /**
   * The changes to commit so that a file is fetched; none if the file is known. The same message gives the same id.
   * Phones are not asked for old files that WhatsApp no longer has. Call {@link arrived} after the commit.
   */
  prepare(key: proto.IMessageKey, content: MediaContent, isOld: boolean): { id: string; change: Change | undefined } {
    const { type, message, mime, fileName: name } = content
    const id = idOf(key)
    if (this.#get(id)) return { id, change: undefined }
    const tooLarge = toNumber(message.fileLength as number) > this.#parts.settings.maxMediaBytes
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

  /** Starts to fetch a committed file. */
  arrived(id: string): void {
    if (this.#get(id)?.state === 'wanted') this.#want(id)
  }

  /** Records a file, and starts to fetch it; resolves with its id when the record is on disk. */
  async note(key: proto.IMessageKey, content: MediaContent, isOld: boolean): Promise<string> {
    const { id, change } = this.prepare(key, content, isOld)
    if (change) {
      await this.#parts.session.file.commit([change])
      this.arrived(id)
    }
    return id
  }

  /** The record of a file. */
  find(id: string): MediaEntry | undefined {
    return this.#get(id)
  }

  open(id: string): ReadStream {
    return createReadStream(this.path(id))
  }

  path(id: string): string {
    return join(this.#parts.folder, id)
  }

  /** The daemon has the file. */
  async forget(id: string): Promise<void> {
    if (!this.#get(id)) return
    await this.#parts.session.file.commit([[MEDIA, id, null]])
    await rm(this.path(id), { force: true })
  }

  /** Files that are not fetched yet. */
  get waiting(): number {
    return this.#entries().filter(([, entry]) => entry.state === 'wanted').length
  }

  #want(id: string): void {
    this.#wanted.push(id)
    this.#work()
  }

  #work(): void {
    while (!this.#stopped && this.#working < AT_ONCE && this.#wanted.length > 0) {
      const id = this.#wanted.shift() as string
      this.#working++
      void this.#fetch(id)
        .catch(error => this.#parts.log.error('WA_MEDIA', reason(error)))
        .finally(() => {
          this.#working--
          this.#work()
        })
    }
  }

  async #fetch(id: string): Promise<void> {
    const entry = this.#get(id)
    if (entry?.state !== 'wanted') return
    try {
      const bytes = await this.#download(id, entry)
      // Its contact was deleted meanwhile.
      if (!this.#get(id)) return await rm(this.path(id), { force: true })
      await this.#put(id, { ...entry, state: 'here', bytes })
      this.#parts.log.info('WA_MEDIA_IN', 'A file of a message was fetched', { id, bytes })
      await this.#keepWithin(this.#parts.settings.mediaSpoolBytes)
    } catch (error) {
      if (!this.#stopped) await this.#again(id, entry, error)
    }
  }

  async #download(id: string, { type, message }: MediaEntry): Promise<number> {
    const { folder, settings } = this.#parts
    const part = join(folder, `${id}.${randomBytes(4).toString('hex')}.part`)
    const hash = createHash('sha256')
    let bytes = 0
    const check = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        hash.update(chunk)
        done(bytes > settings.maxMediaBytes ? new Gone('the file is too large') : null, chunk)
      },
    })
    try {
      const stream = await downloadContentFromMessage(
        { mediaKey: message.mediaKey, ...this.#source(message) } as Parameters<typeof downloadContentFromMessage>[0],
        type as MediaType,
      )
      const signal = AbortSignal.timeout(DOWNLOAD_MS)
      await pipeline(stream, check, createWriteStream(part, { mode: 0o600 }), { signal })
      const expected = message.fileSha256 && Buffer.from(message.fileSha256)
      if (expected?.length && !hash.digest().equals(expected)) throw new Error('the file is not what its message says')
      await rename(part, this.path(id))
      return bytes
    } catch (error) {
      await rm(part, { force: true })
      throw error
    }
  }

  /** The address to fetch from: always on WhatsApp's own hosts, because the sender of a message chooses its `url`. */
  #source({ url, directPath }: MediaEntry['message']): { url?: string; directPath?: string } {
    const host = url && URL.canParse(url) ? new URL(url) : undefined
    const isOurTest = this.#parts.settings.webSocketUrl !== undefined && host?.hostname === '127.0.0.1'
    if (url && (isOurTest || (host?.protocol === 'https:' && host.hostname.endsWith('.whatsapp.net')))) {
      return { url, ...(directPath ? { directPath } : {}) }
    }
    if (directPath?.startsWith('/')) return { directPath }
    throw new Gone("the file is not on WhatsApp's servers")
  }

  async #again(id: string, entry: MediaEntry, error: unknown): Promise<void> {
    const { statusCode = 0 } = (error as { output?: { statusCode?: number } }).output ?? {}
    // The address of a file gives access to it, and therefore stays out of logs and answers.
    const why = statusCode ? `WhatsApp's server answers ${statusCode}` : reason(error).replaceAll(/https?:\S+/g, '…')
    const missing = MISSING.has(statusCode)
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC' && (await this.#makeRoom())) return this.#want(id)
    if (missing && !entry.asked && this.#parts.isConnected()) {
      const renewed = await this.#ask(id, entry)
      if (renewed) return this.#want(id)
    }
    const tooOld = Date.now() - entry.at > UNTIL_MS
    if (error instanceof Gone || tooOld || (missing && entry.tries >= TRIES_OF_MISSING)) {
      this.#parts.log.warn('WA_MEDIA_GONE', `A file of a message is permanently unavailable: ${why}`, { id })
      await this.#put(id, { ...entry, state: 'gone', why })
      return
    }
    await this.#put(id, { ...entry, tries: entry.tries + 1 })
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer)
        this.#want(id)
      },
      backOff(entry.tries + 1, Math.random()),
    )
    this.#timers.add(timer)
  }

  /** Requests the phone to upload the file again. */
  async #ask(id: string, entry: MediaEntry): Promise<boolean> {
    const field = `${entry.type}Message`
    const message = { key: entry.key, message: { [field]: { ...entry.message } } } as unknown as WAMessage
    try {
      const renewed = await withLimit(this.#parts.renew(message), RENEWAL_MS)
      const content = (renewed.message as Record<string, MediaContent['message']>)[field]
      await this.#put(id, { ...entry, asked: true, message: { ...entry.message, ...content } })
      return true
    } catch (error) {
      this.#parts.log.debug('WA_MEDIA_RENEW', reason(error), { id })
      await this.#put(id, { ...entry, asked: true, tries: entry.tries + 1 })
      return false
    }
  }

  /** Evicts the oldest files until the others fit. */
  async #keepWithin(limit: number): Promise<void> {
    const here = this.#entries().filter(([, entry]) => entry.state === 'here')
    let bytes = here.reduce((sum, [, entry]) => sum + entry.bytes, 0)
    for (const [id, entry] of here) {
      if (bytes <= limit) return
      await this.#giveUp(id, entry)
      bytes -= entry.bytes
    }
  }

  /** Evicts the oldest file for lack of space; false if there is none. */
  async #makeRoom(): Promise<boolean> {
    const oldest = this.#entries().find(([, entry]) => entry.state === 'here')
    if (oldest) await this.#giveUp(...oldest)
    return oldest !== undefined
  }

  async #giveUp(id: string, entry: MediaEntry): Promise<void> {
    this.#parts.log.warn('WA_MEDIA_GONE', 'A file that the daemon has not fetched was evicted for newer files', { id })
    await rm(this.path(id), { force: true })
    await this.#put(id, { ...entry, state: 'gone', why: 'it made room for newer files' })
  }

  #entries(): [string, MediaEntry][] {
    return [...this.#parts.session.file.entries(MEDIA)] as [string, MediaEntry][]
  }

  #get(id: string): MediaEntry | undefined {
    return this.#parts.session.file.get(MEDIA, id) as MediaEntry | undefined
  }

  #put(id: string, entry: MediaEntry): Promise<void> {
    return this.#parts.session.file.commit([[MEDIA, id, entry]])
  }
}

function idOf({ remoteJid, id, fromMe, participant }: proto.IMessageKey): string {
  const name = [remoteJid, id, fromMe, participant].join('/')
  return createHash('sha256').update(name).digest('hex').slice(0, 32)
}

/** A file that is permanently unavailable. */
class Gone extends Error {}

function withLimit<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer in time')), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

const AT_ONCE = 2
const DOWNLOAD_MS = 10 * 60_000
const RENEWAL_MS = 30_000
/** Forbidden (WhatsApp's servers answer an expired address with it), not found, gone (RFC 9110). */
const MISSING = new Set([403, 404, 410])
const TRIES_OF_MISSING = 3
/** WhatsApp's servers keep files for about two weeks. */
const UNTIL_MS = 14 * 24 * 3_600_000
/** How long the record of an unavailable file is kept. */
const REMEMBERED_MS = 30 * 24 * 3_600_000
